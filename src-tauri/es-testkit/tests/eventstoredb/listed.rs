//! What the server says of itself, and what it lists.

use es_testkit::eventstoredb::wire::common::Empty;
use es_testkit::eventstoredb::wire::gossip::gossip_client::GossipClient;
use es_testkit::eventstoredb::wire::gossip::member_info::VNodeState;
use es_testkit::eventstoredb::wire::persistent_subscriptions::persistent_subscriptions_client::PersistentSubscriptionsClient;
use es_testkit::eventstoredb::wire::persistent_subscriptions::{
    GetInfoReq, ListReq, SubscriptionInfo, get_info_req, list_req,
};
use es_testkit::eventstoredb::wire::projections::projections_client::ProjectionsClient;
use es_testkit::eventstoredb::wire::projections::statistics_req::options::Mode;
use es_testkit::eventstoredb::wire::projections::statistics_resp::Details;
use es_testkit::eventstoredb::wire::projections::{StatisticsReq, statistics_req};
use es_testkit::eventstoredb::wire::server_features::server_features_client::ServerFeaturesClient;
use es_testkit::eventstoredb::{Access, Options, TestServer, User};
use es_testkit::run;
use tonic::{Code, Status};

use super::client::*;

#[test]
fn the_server_tells_its_version_and_methods_unless_it_is_too_old_to() {
    run(async {
        let server = TestServer::start(Options { version: "24.10.6".to_owned(), ..Options::default() });
        let client = connect(&server).await;
        let methods = ServerFeaturesClient::new(client.channel.clone()).get_supported_methods(Empty {}).await;
        let methods = methods.unwrap().into_inner();
        assert_eq!(methods.event_store_server_version, "24.10.6");
        assert!(methods.methods.iter().any(|method| method.method_name == "batchappend"));

        let old = TestServer::start(Options { server_features: false, ..Options::default() });
        let client = connect(&old).await;
        let methods = ServerFeaturesClient::new(client.channel.clone()).get_supported_methods(Empty {}).await;
        assert_error(methods, Code::Unimplemented, "");
    });
}

#[test]
fn gossip_names_the_leader() {
    run(async {
        let server = TestServer::start(Options::default());
        let client = connect(&server).await;
        let mut gossip = GossipClient::new(client.channel.clone());
        let members = gossip.read(Empty {}).await.unwrap().into_inner().members;
        let address = members[0].http_end_point.clone().unwrap();
        assert_eq!((address.address.as_str(), address.port), ("127.0.0.1", u32::from(server.address().port())));
        assert_eq!(members[0].state(), VNodeState::Leader);
        server.follow("other", 2113);
        let members = gossip.read(Empty {}).await.unwrap().into_inner().members;
        let states: Vec<_> = members.iter().map(|member| member.state()).collect();
        assert_eq!(states, [VNodeState::Follower, VNodeState::Leader]);
    });
}

async fn groups(client: &Client, stream: Option<&str>) -> Result<Vec<String>, Status> {
    use list_req::options::ListOption;
    use list_req::stream_option::StreamOption;
    let option = match stream {
        None => ListOption::ListAllSubscriptions(Empty {}),
        Some(stream) => ListOption::ListForStream(list_req::StreamOption {
            stream_option: identifier(stream).map(StreamOption::Stream),
        }),
    };
    let request = ListReq { options: Some(list_req::Options { list_option: Some(option) }) };
    let listed = PersistentSubscriptionsClient::new(client.channel.clone()).list(client.request(request)).await?;
    Ok(listed.into_inner().subscriptions.into_iter().map(|group| group.group_name).collect())
}

#[test]
fn persistent_subscriptions_are_listed_as_they_were_set() {
    run(async {
        let access = Access::restricted_to(User::of_a_new_database());
        let server = TestServer::start(Options { access, ..Options::default() });
        let group = |source: &str, name: &str| SubscriptionInfo {
            event_source: source.to_owned(),
            group_name: name.to_owned(),
            status: "Live".to_owned(),
            ..SubscriptionInfo::default()
        };
        server.set_persistent_subscriptions(vec![group("orders", "billing"), group("$all", "audit")]);
        let nobody = connect(&server).await;
        assert_error(groups(&nobody, None).await, Code::PermissionDenied, "access-denied");
        let admin = nobody.logged_in("admin", "changeit");
        assert_eq!(groups(&admin, None).await.unwrap(), ["billing", "audit"]);
        assert_eq!(groups(&admin, Some("orders")).await.unwrap(), ["billing"]);
        let none = groups(&admin, Some("elsewhere")).await;
        assert_error(none, Code::NotFound, "persistent-subscription-does-not-exist");

        let options = get_info_req::Options {
            group_name: "audit".to_owned(),
            stream_option: Some(get_info_req::options::StreamOption::All(Empty {})),
        };
        let request = admin.request(GetInfoReq { options: Some(options) });
        let info = PersistentSubscriptionsClient::new(admin.channel.clone()).get_info(request).await.unwrap();
        assert_eq!(info.into_inner().subscription_info, Some(group("$all", "audit")));
    });
}

#[test]
fn projections_are_listed_with_those_of_the_system_running_or_stopped() {
    run(async {
        let server = TestServer::start(Options::default());
        server.set_projections(vec![Details {
            name: "totals".to_owned(),
            mode: "OneTime".to_owned(),
            status: "Faulted".to_owned(),
            ..Details::default()
        }]);
        let client = connect(&server).await;
        let listed = async |mode| {
            let request = StatisticsReq { options: Some(statistics_req::Options { mode: Some(mode) }) };
            let mut answers =
                ProjectionsClient::new(client.channel.clone()).statistics(request).await.unwrap().into_inner();
            let mut found = Vec::new();
            while let Some(answer) = answers.message().await.unwrap() {
                let details = answer.details.unwrap();
                found.push(format!("{} {}", details.name, details.status));
            }
            found
        };
        assert_eq!(listed(Mode::OneTime(Empty {})).await, ["totals Faulted"]);
        assert_eq!(listed(Mode::Name("$streams".to_owned())).await, ["$streams Stopped"]);
        server.run_system_projections(true);
        assert_eq!(listed(Mode::Name("$streams".to_owned())).await, ["$streams Running"]);
        assert_eq!(listed(Mode::All(Empty {})).await.len(), 5);
    });
}
