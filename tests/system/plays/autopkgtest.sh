# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# debian/tests under autopkgtest, on our packages, in a separate machine.

chapter "autopkgtest, in a chroot"

site_make
mount -t tmpfs tmp "$WORLD/pop/tmp"
chmod 1777 "$WORLD/pop/tmp"

step "all tests of debian/tests/control pass"
did pop "autopkgtest --no-built-binaries ./ -- chroot"
# without the tree's build/ and .git, which it would copy
mkdir "$WORLD/popauth"
tar -C "$TOP" --exclude=./build --exclude=./.git -cf - . | tar -C "$WORLD/popauth" -xf -
# built already: otherwise the machine would need the build dependencies
: >"$WORLD/popauth/debian/files"
# shellcheck disable=SC2153 # debs.sh sets it
find "$DEBS/autopkgtest" -name '*.deb' -exec cp -t "$WORLD/pop/root/debs" {} +
mapfile -t debs < <(cd "$WORLD/pop" && printf '/%s\n' root/debs/*.deb)
expect "apt installs our packages" site_apt install "${debs[@]}"
# the machine provides the isolation that the tests ask for
autopkgtest_status=0
nsenter --net=/run/netns/pop timeout 300 autopkgtest --no-built-binaries \
	--ignore-restrictions=isolation-container,breaks-testbed \
	"$WORLD/popauth" -- chroot "$WORLD/pop" \
	>"$WORLD/autopkgtest.out" 2>&1 </dev/null || autopkgtest_status=$?
sed -n '/^autopkgtest.*@@@@* summary/,$p' "$WORLD/autopkgtest.out" | saw
expect "autopkgtest ends with 0" test "$autopkgtest_status" -eq 0
[ "$autopkgtest_status" -eq 0 ] || tail -n 40 "$WORLD/autopkgtest.out" | saw
for name in story smoke; do
	expect "$name passed" grep -qE "^(autopkgtest \[[^]]*\]: )?$name +PASS" "$WORLD/autopkgtest.out"
done

pop_machine_end
