# SPDX-License-Identifier: ISC
# Type each text and a tab into an interactive zsh that has our completion, and
# print the resulting line.
#
# Usage: zsh -f type.zsh TEXT...      (from the root of the tree)
zmodload zsh/zpty
zpty shell 'TERM=dumb zsh -f -i'
# A widget prints the line: the terminal's output has more than the line.
zpty -w shell "PS1= ; stty -echo; unsetopt zle_bracketed_paste prompt_cr prompt_sp 2>/dev/null
autoload -Uz compinit; compinit -u -D
source =(sed '/^_popauthctl \"/d' $PWD/popauthctl/popauthctl.zsh); compdef _popauthctl popauthctl
source =(sed '/^_popauth_daemon \"/d' $PWD/popauthd/popauthd.zsh); compdef _popauth_daemon popauthd smtpgate smtpgate-auth popauth-setup popauth-keys
show() { print -r -- \"<<\$BUFFER>>\" >\$TTY; BUFFER= }; zle -N show; bindkey '^I' complete-word; bindkey '^T' show
print REA''DY"
zpty -r -m shell seen '*READY*'
for text; do
	zpty -w -n shell "$text"$'\t'$'\x14'
	zpty -r -m shell seen '*<<*>>*'
	line=${${seen##*<<}%%>>*}
	print -r -- ${line%% #}
done
zpty -d shell
