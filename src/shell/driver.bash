# The driver's functions; every lab command is evaluated by the loop in spawn.rs, at top level.
# @PROC@ is /proc/<labproof>/fd: channels are opened anew for every command, so that no
# command of a lab inherits one.
builtin shopt -s expand_aliases
builtin set -m -o pipefail
__labproof_nonce=@NONCE@ __labproof_mode=- __labproof_status=0 __labproof_text=
__labproof_busy= __labproof_abort= __labproof_over=
# Where the loop sends its own trace: nowhere under `set -x`, which __labproof_next then turns off.
declare -A __labproof_trace=([n]=2 [nx]=-)

# Reports the command that ended, then waits for the next one: <nonce, 12 digits><mode, one
# digit><text>. Every command in here counts: it runs once for each command of a lab.
__labproof_next() {
  __labproof_status=$? __labproof_busy=
  case $__labproof_mode$__labproof_abort in -) ;; *) __labproof_settle ;; esac
  builtin printf '@%s %s %s %s\0' "$__labproof_nonce" "$__labproof_status" "$-" "$PWD"
  case $- in *x*) builtin set +x ;; esac
  builtin local REPLY
  until builtin read -r -d ''; do
    # Above 128 it was TMOUT or a signal; else labproof is gone.
    if (($? <= 128)); then
      __labproof_over=1
      builtin return 1
    fi
  done
  __labproof_nonce=${REPLY:0:12} __labproof_mode=${REPLY:12:1} __labproof_text=${REPLY:13} __labproof_busy=1
  case $__labproof_mode in -) ;; *) __labproof_prepare ;; esac
}

# What is seldom to be done after a command.
__labproof_settle() {
  if [[ -n $__labproof_abort ]]; then __labproof_unskip; fi
  case $__labproof_mode in [2-5]) builtin trap -p EXIT ;; esac
}

# What is seldom to be done before a command, see Mode in wire.rs.
__labproof_prepare() {
  case $__labproof_mode in
    q)
      __labproof_over=1
      builtin return 1
      ;;
    [45]) __labproof_dump ;;
  esac
  case $__labproof_mode in
    [135])
      builtin read -r -d '' <@PROC@/@TEXT@
      __labproof_text=$REPLY
      ;;
  esac
  builtin return 0
}

# Makes $? what the previous command left.
__labproof_last() {
  builtin return "$__labproof_status"
}

# Fails when the driver is to end; a lab's `break 9` only leaves the loop.
__labproof_again() {
  [[ -z $__labproof_over ]]
}

__labproof_code() {
  builtin return "$1"
}

# A DEBUG trap under extdebug that skips what is left of a command: returns from functions
# and sourced files (2), leaves loops and skips single commands (1).
__labproof_skip='case "${FUNCNAME-} $BASH_COMMAND" in
  *__labproof_*) ;;
  *) if ((${#FUNCNAME[@]})); then __labproof_code 2; else ! builtin break 9999; fi ;;
esac'
__labproof_stop='if [[ -n $__labproof_busy && -z $__labproof_abort ]]; then
  __labproof_abort=$-
  builtin shopt -s extdebug
  builtin trap "$__labproof_skip" DEBUG
fi'

__labproof_unskip() {
  builtin trap - DEBUG
  builtin shopt -u extdebug
  case $__labproof_abort in *E*) builtin set -E ;; esac
  case $__labproof_abort in *T*) builtin set -T ;; esac
  __labproof_abort=
}

# Writes the state that a new shell needs to go on; options last, since `set -e` may be among them.
__labproof_dump() {
  {
    builtin printf 'builtin cd -- %q\n' "$PWD"
    builtin shopt -p
    builtin umask -p
    builtin declare -f
    builtin declare -Fx
    builtin declare -p
    builtin alias -p
    builtin trap -p
    builtin set +o
    builtin printf '%s\n' '@COMPLETE@'
  } >@PROC@/@DUMP@ 2>/dev/null
}

# Runs before an EXIT trap of the lab's own, which finds $? as it was.
__labproof_exit() {
  builtin local status=$?
  if __labproof_again; then __labproof_dump; fi
  builtin return "$status"
}

builtin trap '@EXIT_TRAP@' EXIT
builtin trap "$__labproof_stop" PWR
