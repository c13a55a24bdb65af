//! The page that the user has to visit: it is opened in the browser, or its URL is printed.

use workos_login::url::Url;
use workos_login_mock_server::User;
use workos_login_native::open_browser;

use crate::demo::Demo;
use crate::failure::Failure;
use crate::login::context::LoginContext;

/// A page that the user has to visit.
pub(crate) struct Page<'a> {
    /// The URL to open in the browser.
    pub(crate) url: &'a Url,
    /// The URL to print for the user.
    pub(crate) printed_url: &'a str,
    /// The machines whose browsers can open the printed URL.
    pub(crate) machine: &'static str,
}

impl Page<'_> {
    /// Opens the page in the browser or prints its URL.
    ///
    /// Returns the user that the demonstration has to log in instead, if `--as` names one or no browser can be opened.
    pub(crate) fn present<'a>(
        &self,
        context: &LoginContext<'a>,
    ) -> Result<Option<(&'a Demo, &'a User)>, Failure> {
        let LoginContext {
            args, demo, output, ..
        } = context;
        if let Some(demo) = demo
            && demo.names_user()
        {
            let user = demo.user()?;
            output.print_line(format_args!("demo: {} logs in", user.email));
            return Ok(Some((demo, user)));
        }
        let machine = self.machine;
        if args.no_browser {
            output.print_line(format_args!("open this URL in a browser on {machine}:"));
        } else {
            match (open_browser(self.url.as_str()), demo) {
                (Ok(()), _) => output.print_line(
                    "the login page is open in the browser; if it is not, open this URL:",
                ),
                (Err(error), Some(demo)) => {
                    let user = demo.user()?;
                    output.print_line(format_args!(
                        "demo: cannot open a browser ({error}); {} logs in",
                        user.email
                    ));
                    return Ok(Some((demo, user)));
                }
                (Err(error), None) => output.print_line(format_args!(
                    "cannot open a browser ({error}); open this URL in a browser on {machine}:"
                )),
            }
        }
        output.print_line(self.printed_url);
        Ok(None)
    }
}
