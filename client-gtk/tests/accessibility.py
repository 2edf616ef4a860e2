"""Looks at the desktop terminal as a screen reader does, by AT-SPI. One word says at what:

  tree        every object: its role, name, interfaces and whether it has the focus
  text        the text of the terminal that has the focus
  caret       the offset of the cursor in it, and the line up to there
  focus       role, name and description of what has the focus
  place NAME  where the middle of the object is that is called so
  actions     the names of what can be done with it
  do NAME     does one of them
  events      tells changes of the text and of the cursor as they come, until it is killed

It fails where there is nothing to look at. SCARAB_TEST_APPLICATION names another program to look at.
"""

import os
import sys

import pyatspi

APPLICATION = os.environ.get("SCARAB_TEST_APPLICATION", "scarab-gtk")


def fail(text):
    print(text, file=sys.stderr)
    sys.exit(1)


def application():
    desktop = pyatspi.Registry.getDesktop(0)
    found = [one for one in desktop if one is not None and one.name == APPLICATION]
    return found[0] if found else fail(f"{APPLICATION} is not on the accessibility bus")


def is_focused(one):
    return one.getState().contains(pyatspi.STATE_FOCUSED)


def focus():
    return pyatspi.findDescendant(application(), is_focused) or fail("nothing has the focus")


def text():
    focused = focus()
    # The terminal itself, or what holds the text for it.
    for one in [focused, *focused]:
        if "Text" in pyatspi.listInterfaces(one):
            return one.queryText()
    return fail("the object with the focus holds no text")


def everything(text):
    return text.getText(0, text.characterCount)


def tree(one, depth=0):
    mark = " FOCUS" if is_focused(one) else ""
    interfaces = ",".join(pyatspi.listInterfaces(one))
    print(f"{'  ' * depth}{one.getRoleName()} {one.name!r} {interfaces}{mark}")
    for child in one:
        tree(child, depth + 1)


def place(name):
    one = pyatspi.findDescendant(application(), lambda one: one.name == name) or fail(f"nothing is called {name}")
    bounds = one.queryComponent().getExtents(pyatspi.WINDOW_COORDS)
    print(bounds.x + bounds.width // 2, bounds.y + bounds.height // 2)


def actions():
    action = focus().queryAction()
    return action, [action.getName(index) for index in range(action.nActions)]


def do(name):
    action, names = actions()
    if name not in names:
        fail(f"{name} is none of {names}")
    action.doAction(names.index(name))


def tell(event):
    # A name of its own for what is inserted: line ends are written out.
    print(event.type, event.detail1, event.detail2, repr(event.any_data), flush=True)


def events():
    pyatspi.Registry.registerEventListener(tell, "object:text-changed", "object:text-caret-moved")
    print("listening", flush=True)
    pyatspi.Registry.start()


def caret():
    held = text()
    offset = held.caretOffset
    print(offset, everything(held)[:offset].rsplit("\n", 1)[-1])


def named():
    one = focus()
    print(f"{one.getRoleName()}: {one.name}: {one.description}")


COMMANDS = {
    "tree": lambda: tree(application()),
    "text": lambda: print(everything(text())),
    "caret": caret,
    "focus": named,
    "place": place,
    "actions": lambda: print("\n".join(actions()[1])),
    "do": do,
    "events": events,
}

COMMANDS[sys.argv[1]](*sys.argv[2:])
