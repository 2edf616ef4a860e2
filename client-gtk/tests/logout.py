"""Stands in for logind and GNOME's session manager on a bus of the test's own, and writes down what it is asked for, one
line each. The first word says whether the person lingers when it starts ("lingers", "leaves"), the second what becomes of
SetUserLinger ("allows", "refuses").
"""

import sys

from gi.repository import Gio, GLib

LINGERS = sys.argv[1] == "lingers"
ALLOWS = sys.argv[2] == "allows"

LOGIND = """<node>
  <interface name="org.freedesktop.login1.Manager">
    <method name="SetUserLinger"><arg type="u" direction="in"/><arg type="b" direction="in"/>
      <arg type="b" direction="in"/></method>
  </interface>
  <interface name="org.freedesktop.DBus.Properties">
    <method name="Get"><arg type="s" direction="in"/><arg type="s" direction="in"/>
      <arg type="v" direction="out"/></method>
  </interface>
</node>"""

SESSION_MANAGER = """<node>
  <interface name="org.gnome.SessionManager">
    <method name="Inhibit"><arg type="s" direction="in"/><arg type="u" direction="in"/>
      <arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="u" direction="out"/></method>
    <method name="Uninhibit"><arg type="u" direction="in"/></method>
  </interface>
</node>"""

state = {"lingers": LINGERS, "inhibitors": 0}


def set_user_linger(_user, lingers, _asks):
    if ALLOWS:
        state["lingers"] = lingers
        return ()
    return None


def get(_interface, _name):
    return (GLib.Variant("b", state["lingers"]),)


def inhibit(_application, _window, _reason, _flags):
    state["inhibitors"] += 1
    return (state["inhibitors"],)


ANSWERS = {
    "SetUserLinger": (set_user_linger, "()"),
    "Get": (get, "(v)"),
    "Inhibit": (inhibit, "(u)"),
    "Uninhibit": (lambda _number: (), "()"),
}


def called(_bus, _sender, _path, _interface, method, arguments, call):
    print(method, *arguments.unpack(), flush=True)
    answer, kind = ANSWERS[method]
    answered = answer(*arguments.unpack())
    if answered is None:
        call.return_dbus_error("org.freedesktop.DBus.Error.AccessDenied", "not for you")
    else:
        call.return_value(GLib.Variant(kind, answered))


def serve(bus, path, description):
    for interface in Gio.DBusNodeInfo.new_for_xml(description).interfaces:
        bus.register_object(path, interface, called, None, None)


def ready(bus, name):
    print("ready", name, flush=True)


bus = Gio.bus_get_sync(Gio.BusType.SESSION)
serve(bus, "/org/freedesktop/login1", LOGIND)
serve(bus, "/org/freedesktop/login1/user/self", LOGIND)
serve(bus, "/org/gnome/SessionManager", SESSION_MANAGER)
for name in ("org.freedesktop.login1", "org.gnome.SessionManager"):
    Gio.bus_own_name_on_connection(bus, name, Gio.BusNameOwnerFlags.NONE, ready, None)
GLib.MainLoop().run()
