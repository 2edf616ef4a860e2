//! Whether an assistive technology is on: what the accessibility bus says of it (`org.a11y.Status`), which tells its
//! changes by itself. What is done for such technologies is done only then.

use gtk::prelude::*;
use gtk::subclass::prelude::*;
use gtk::{gio, glib};
use std::cell::{Cell, OnceCell};

/// Either is enough: scripts and magnifiers ask for the first, screen readers for the second too.
const ASKED_FOR: [&str; 2] = ["IsEnabled", "ScreenReaderEnabled"];

mod imp {
    use super::*;

    #[derive(Debug, Default, glib::Properties)]
    #[properties(wrapper_type = super::Assistive)]
    pub struct Assistive {
        #[property(get, set)]
        on: Cell<bool>,
        pub(super) status: OnceCell<gio::DBusProxy>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Assistive {
        const NAME: &'static str = "ScarabAssistive";
        type Type = super::Assistive;
    }

    #[glib::derived_properties]
    impl ObjectImpl for Assistive {
        fn constructed(&self) {
            self.parent_constructed();
            self.obj().watch();
        }
    }
}

glib::wrapper! {
    /// Whether an assistive technology is on.
    pub struct Assistive(ObjectSubclass<imp::Assistive>);
}

impl Default for Assistive {
    /// The one of this program.
    fn default() -> Self {
        thread_local! {
            static ONE: Assistive = glib::Object::new();
        }
        ONE.with(Assistive::clone)
    }
}

impl Assistive {
    /// Listens to the status from now on.
    fn watch(&self) {
        // What GTK itself does not tell anybody needs no preparation.
        if std::env::var("GTK_A11Y").is_ok_and(|backend| matches!(backend.as_str(), "none" | "test")) {
            return;
        }
        glib::spawn_future_local(glib::clone!(
            #[weak(rename_to = assistive)]
            self,
            async move {
                let proxy = gio::DBusProxy::for_bus_future(
                    gio::BusType::Session,
                    // Whoever wants it starts it.
                    gio::DBusProxyFlags::DO_NOT_AUTO_START,
                    None,
                    "org.a11y.Bus",
                    "/org/a11y/bus",
                    "org.a11y.Status",
                );
                // Without a bus nobody asks.
                if let Ok(proxy) = proxy.await {
                    assistive.listen(proxy);
                }
            }
        ));
    }

    fn listen(&self, proxy: gio::DBusProxy) {
        for signal in ["g-properties-changed", "notify::g-name-owner"] {
            let look = glib::clone!(
                #[weak(rename_to = assistive)]
                self,
                #[upgrade_or]
                None,
                move |_: &[glib::Value]| {
                    assistive.look();
                    None
                }
            );
            proxy.connect_local(signal, false, look);
        }
        self.imp().status.get_or_init(|| proxy);
        self.look();
    }

    fn look(&self) {
        let Some(status) = self.imp().status.get() else { return };
        let is = |name: &&str| status.cached_property(name).and_then(|value| value.get()).unwrap_or(false);
        let on = ASKED_FOR.iter().any(is);
        if self.on() != on {
            self.set_on(on);
        }
    }
}
