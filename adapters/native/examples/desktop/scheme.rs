//! The private-use URI scheme, registered with the desktop for this user. An installer does the same for all users.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::Result;

/// Registers this program as the handler of links with the scheme `id`.
pub(crate) fn register(id: &str, name: &str) -> Result {
    let data = env::var_os("XDG_DATA_HOME").map(PathBuf::from);
    let data = data.or_else(|| env::home_dir().map(|home| home.join(".local/share")));
    let directory = data
        .ok_or("there is no home directory")?
        .join("applications");
    fs::create_dir_all(&directory)?;
    let program = env::current_exe()?;
    // A path with spaces or reserved characters would have to be quoted.
    let entry = format!(
        "[Desktop Entry]\n\
         Type=Application\n\
         Name={name}\n\
         Exec={} %u\n\
         NoDisplay=true\n\
         MimeType=x-scheme-handler/{id};\n",
        program.display()
    );
    fs::write(directory.join(format!("{id}.desktop")), entry)?;
    let status = Command::new("xdg-mime")
        .args(["default", &format!("{id}.desktop")])
        .arg(format!("x-scheme-handler/{id}"))
        .status()?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("xdg-mime failed: {status}").into()),
    }
}
