#!/bin/bash
# A fresh installation where nobody enabled anything: `scarab` asks the user manager to start the socket and works.
. prelude.sh
[ "$(systemctl --user is-enabled scarab.socket 2>/dev/null || true)" != enabled ] || fail "the socket is enabled: nothing to show"
[ "$(systemctl --user is-active scarab.socket || true)" = inactive ] || fail "the socket is active already"
scarab new first -d -- sleep 1000 || fail "scarab new"
[ "$(systemctl --user is-active scarab.socket)" = active ] || fail "the socket was not started through the manager"
[ "$(systemctl --user is-active scarab.service)" = active ] || fail "the service does not run under the manager"
scarab ls | grep -q first || fail "the session is not listed"
[ "$(systemctl --user is-enabled scarab.socket 2>/dev/null || true)" != enabled ] || fail "using scarab enabled a unit: that is the user's choice"
echo "fresh: all held"
