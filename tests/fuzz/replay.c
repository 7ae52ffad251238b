/* SPDX-License-Identifier: ISC */
/*
 * replay - run a harness on the files of its corpus, without a fuzzer.
 *
 * usage: NAME CORPUS_DIRECTORY
 *
 * Each input has ten seconds.  Status 0 when all were run; a finding ends the
 * process, and the input's name is the last line on stdout.
 */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SECONDS_AN_INPUT 10
#define INPUT_MAX_BYTES ((size_t)1 << 20)

__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);

static void
run(const char *directory, const char *name)
{
	char path[4096];
	FILE *f;
	uint8_t *bytes;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	printf("%s\n", path);
	fflush(stdout);
	f = fopen(path, "rb");
	/* Of its exact size, so that a read past its end is detected. */
	bytes = malloc(INPUT_MAX_BYTES);
	if (f == NULL || bytes == NULL) {
		perror(path);
		exit(2);
	}
	n = fread(bytes, 1, INPUT_MAX_BYTES, f);
	fclose(f);
	bytes = realloc(bytes, n > 0 ? n : 1);
	alarm(SECONDS_AN_INPUT);
	LLVMFuzzerTestOneInput(bytes, n);
	alarm(0);
	free(bytes);
}

static int
is_input(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int
main(int argc, char **argv)
{
	struct dirent **entries;
	int n;

	if (argc != 2) {
		fprintf(stderr, "usage: %s corpus_directory\n", argv[0]);
		return 2;
	}
	n = scandir(argv[1], &entries, is_input, alphasort);
	if (n < 1) {
		fprintf(stderr, "%s: no inputs\n", argv[1]);
		return 2;
	}
	if (LLVMFuzzerInitialize != NULL)
		LLVMFuzzerInitialize(&argc, &argv);
	for (int i = 0; i < n; i++) {
		run(argv[1], entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	printf("%d inputs\n", n);
	return 0;
}
