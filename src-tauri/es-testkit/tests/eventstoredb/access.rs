//! Users, passwords and rights.

use es_testkit::eventstoredb::{Access, Options, TestServer, User};
use es_testkit::run;
use tonic::Code;

use super::client::*;

struct Clients {
    _server: TestServer,
    nobody: Client,
    admin: Client,
    alice: Client,
    bob: Client,
}

async fn restricted(anonymous: bool) -> Clients {
    let mut users = User::of_a_new_database();
    users.push(User::new("alice", "a:b c", &["tellers"]));
    users.push(User::new("bob", "secret", &[]));
    let server = TestServer::start(Options { access: Access::Users { users, anonymous }, ..Options::default() });
    let nobody = connect(&server).await;
    Clients {
        admin: nobody.logged_in("admin", "changeit"),
        alice: nobody.logged_in("alice", "a:b c"),
        bob: nobody.logged_in("bob", "secret"),
        nobody,
        _server: server,
    }
}

fn one(stream: &str) -> es_testkit::eventstoredb::wire::streams::read_req::Options {
    of_stream(stream, start(), false, Some(1))
}

#[test]
fn a_wrong_password_is_unauthenticated_and_no_password_is_not_enough() {
    run(async {
        let clients = restricted(false).await;
        let wrong = clients.nobody.logged_in("admin", "wrong");
        assert_error(wrong.append("s", any(), events(1)).await, Code::Unauthenticated, "");
        assert_error(clients.nobody.logged_in("eve", "x").answers(one("s")).await, Code::Unauthenticated, "");
        assert_error(clients.nobody.append("s", any(), events(1)).await, Code::PermissionDenied, "access-denied");
        clients.alice.appended("s", events(1)).await;
    });
}

#[test]
fn a_server_can_begin_to_ask_for_passwords() {
    run(async {
        let server = TestServer::start(Options::default());
        let client = connect(&server).await.logged_in("admin", "whatever");
        client.appended("s", events(1)).await;
        server.set_access(Access::restricted_to(User::of_a_new_database()));
        assert_error(client.append("s", any(), events(1)).await, Code::Unauthenticated, "");
        client.logged_in("admin", "changeit").appended("s", events(1)).await;
    });
}

#[test]
fn where_nobody_in_particular_is_let_in_system_streams_stay_closed() {
    run(async {
        let clients = restricted(true).await;
        clients.nobody.appended("s", events(1)).await;
        assert_error(clients.nobody.answers(one("$settings")).await, Code::PermissionDenied, "access-denied");
    });
}

#[test]
fn system_streams_and_the_log_are_for_administrators_by_default() {
    run(async {
        let clients = restricted(false).await;
        clients.alice.appended("s", events(1)).await;
        let all = || of_all(all_start(), false, Some(1));
        assert_error(clients.alice.answers(all()).await, Code::PermissionDenied, "access-denied");
        assert_error(clients.alice.answers(one("$ce-s")).await, Code::PermissionDenied, "access-denied");
        assert_eq!(clients.admin.events(all()).await.len(), 1);
        let metadata = vec![event("$metadata", r#"{"$acl":{"$r":"tellers"}}"#)];
        clients.admin.appended("$$$all", metadata).await;
        assert_eq!(clients.alice.events(all()).await.len(), 1, "the log has rights as a stream has");
        assert_error(clients.bob.answers(all()).await, Code::PermissionDenied, "access-denied");
        let to_all = clients.admin.append("$all", any(), events(1)).await;
        assert_error(to_all, Code::PermissionDenied, "access-denied");
    });
}

#[test]
fn rights_of_a_stream_are_by_role_or_name_and_replace_the_defaults() {
    run(async {
        let clients = restricted(false).await;
        clients.alice.appended("s", events(1)).await;
        let acl = r#"{"$acl":{"$r":["tellers","bob"],"$w":"alice","$mr":[],"$mw":"$admins"}}"#;
        clients.admin.appended("$$s", vec![event("$metadata", acl)]).await;
        clients.bob.answers(one("s")).await.expect("by name");
        clients.alice.answers(one("s")).await.expect("by role");
        clients.alice.append("s", any(), events(1)).await.expect("the only role");
        assert_error(clients.bob.append("s", any(), events(1)).await, Code::PermissionDenied, "access-denied");
        assert_error(clients.bob.answers(one("$$s")).await, Code::PermissionDenied, "access-denied");
        let metadata = vec![event("$metadata", "{}")];
        let changed = clients.alice.append("$$s", any(), metadata).await;
        assert_error(changed, Code::PermissionDenied, "access-denied");
        clients.admin.answers(one("$$s")).await.expect("administrators may everything");
    });
}

#[test]
fn settings_say_what_holds_for_streams_without_rights_of_their_own() {
    run(async {
        let clients = restricted(false).await;
        clients.alice.appended("s", events(1)).await;
        let settings = r#"{"$userStreamAcl":{"$r":"tellers"},"$systemStreamAcl":{"$r":["$all"]}}"#;
        clients.admin.appended("$settings", vec![event("$settings", settings)]).await;
        clients.alice.answers(one("s")).await.expect("a teller");
        assert_error(clients.bob.answers(one("s")).await, Code::PermissionDenied, "access-denied");
        clients.bob.append("s", any(), events(1)).await.expect("the settings say nothing of writing");
        clients.bob.answers(one("$settings")).await.expect("now everybody may");
    });
}
