//! Somebody has to visit a page: in a browser of this machine or of another, or as the demonstration plays it.

use workos_login::url::Url;
use workos_login_mock_server::User;

use crate::browser;
use crate::demo::Demo;
use crate::failure::Failure;
use crate::login::Desk;

/// A page that somebody has to visit.
pub(crate) struct Page<'a> {
    /// What is opened in the browser.
    pub(crate) open: &'a Url,
    /// What is shown to be opened by hand.
    pub(crate) show: &'a str,
    /// Where that can be done.
    pub(crate) machine: &'static str,
}

impl Page<'_> {
    /// Brings somebody to the page: a browser, a person with the address, or the person that the demonstration plays,
    /// who is returned.
    pub(crate) fn visit<'a>(
        &self,
        desk: &Desk<'a>,
    ) -> Result<Option<(&'a Demo, &'a User)>, Failure> {
        let Self {
            open,
            show,
            machine,
        } = self;
        let Desk {
            args, demo, output, ..
        } = desk;
        if let Some(demo) = demo
            && demo.is_played()
        {
            let person = demo.person()?;
            output.say(format_args!(
                "demo: {} signs in at the login page",
                person.email
            ));
            return Ok(Some((demo, person)));
        }
        if args.no_browser {
            output.say(format_args!("open this address in a browser on {machine}:"));
        } else {
            match (browser::open(open.as_str()), demo) {
                (Ok(()), _) => output.say(
                    "the login page is open in your browser; if it is not, open this address:",
                ),
                (Err(error), Some(demo)) => {
                    let person = demo.person()?;
                    output.say(format_args!(
                        "demo: no browser can be opened here ({error}), so {} signs in at the login page",
                        person.email
                    ));
                    return Ok(Some((demo, person)));
                }
                (Err(error), None) => output.say(format_args!(
                    "no browser can be opened here ({error}); open this address in one on {machine}:"
                )),
            }
        }
        output.say(show);
        Ok(None)
    }
}
