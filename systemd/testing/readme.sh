# In a whole booted system (see with-booted-system): the packages are installed as the README says, and then the README's
# and the recipes' commands are run as they stand, by somebody who was logged in before and by somebody who comes after.
#
# The harness puts the packages into /packages, and the documents into /source.
set -eu
fail() { echo "readme: $*" >&2; journalctl -n 30 --no-pager >&2 || true; exit 1; }
until_true() { for _ in $(seq 200); do if eval "$1"; then return 0; fi; sleep 0.05; done; fail "never: $1"; }
# A login of its own each time, as at a console.
as() { user=$1; shift; su -l "$user" -c "$*" </dev/null; }
# What the person has of the source tree: the documents, and the script that runs them.
give() {
    useradd -m -s /bin/bash "$1"
    cp -r /source "/home/$1"
    chown -R "$1" "/home/$1/source"
}
give dora
give emil

su -l dora -c 'sleep 600' </dev/null >/dev/null 2>&1 &
before=$!
until_true 'systemctl is-active --quiet "user@$(id -u dora).service"'
# Nothing is fetched: this system has no network, and all that is depended on is there.
DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends /packages/*.deb >/tmp/apt 2>&1 ||
    fail "the packages cannot be installed: $(tail -5 /tmp/apt)"
for user in dora emil; do
    as $user source/packaging/readme >/tmp/said 2>&1 || fail "$user: $(tail -20 /tmp/said)"
    [ "$(as $user scarab ls --json | tr -d ' \n')" = '[]' ] || fail "the README leaves sessions behind: $(as $user scarab ls)"
    as $user source/packaging/readme source/docs/recipes.md >/tmp/said 2>&1 || fail "$user: $(tail -20 /tmp/said)"
done
kill $before 2>/dev/null || true
echo "readme: all held, for a login from before and a later one"
