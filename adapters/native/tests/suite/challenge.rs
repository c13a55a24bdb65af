//! Authentication challenges that another login satisfies.

use workos_login_mock_server::{Challenge, Organization, User};
use workos_login_native::workos_login::AuthenticationChallenge;
use workos_login_native::{LoginEvent, NativeError, UnansweredChallenge};

use crate::support::{ALICE, BOB, app, server, with_browser};

fn unanswered(
    result: Result<workos_login_native::NativeSession, NativeError>,
) -> Box<UnansweredChallenge> {
    match result {
        Err(NativeError::Challenge(unanswered)) => unanswered,
        other => panic!("{other:?}"),
    }
}

#[test]
fn another_login_goes_to_the_selected_organization() {
    let server = server();
    let session = app(&server).login_with(|login| {
        let login = login.progress(|event| {
            let LoginEvent::Challenge(offer) = event else {
                return;
            };
            let AuthenticationChallenge::OrganizationSelection(selection) = offer.challenge()
            else {
                panic!("{offer:?}")
            };
            let globex = selection.organizations()[1].id().clone();
            assert!(offer.time_left().as_secs() > 500);
            offer.select(&globex);
        });
        with_browser(login, &server, BOB)
    });
    let session = session.unwrap().authenticated().unwrap().unwrap();
    let organization = session.organization_id().unwrap().as_str();
    assert_eq!(organization, Organization::GLOBEX_ID);
}

#[test]
fn without_an_answer_the_login_ends_with_the_challenge() {
    let server = server();
    let ended = app(&server).login_with(|login| with_browser(login, &server, BOB));
    let unanswered = unanswered(ended);
    assert_eq!(
        unanswered.challenge().code(),
        "organization_selection_required"
    );
    assert_eq!(unanswered.logins(), 1);

    // It can be continued later.
    let acme = Organization::ACME_ID.parse().unwrap();
    let session = app(&server).login_with(|login| {
        let login = login.challenge(unanswered.challenge().clone());
        with_browser(login.organization(&acme), &server, BOB)
    });
    session.unwrap();
}

#[test]
fn a_challenge_that_remains_is_offered_twice() {
    let server = server();
    server.configure(|config| {
        config.users = vec![User::alice().with_challenge(Challenge::MfaChallenge)];
    });
    let mut offers = 0;
    let ended = app(&server).login_with(|login| {
        let login = login.progress(|event| {
            if let LoginEvent::Challenge(offer) = event {
                offers += 1;
                offer.log_in();
            }
        });
        with_browser(login, &server, ALICE)
    });
    assert_eq!(unanswered(ended).logins(), 3);
    assert_eq!(offers, 2);
}
