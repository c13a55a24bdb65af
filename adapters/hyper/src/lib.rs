//! Send the exchanges of workos-login over hyper.
