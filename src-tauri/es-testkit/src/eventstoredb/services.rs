//! The smaller services: what the server can do, who leads, and what it lists.

use std::sync::Arc;

use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status};

use super::emit::SYSTEM_PROJECTIONS;
use super::refusals;
use super::server::Shared;
use super::wire::common::Empty;
use super::wire::gossip::gossip_server::Gossip;
use super::wire::gossip::member_info::VNodeState;
use super::wire::gossip::{ClusterInfo, EndPoint, MemberInfo};
use super::wire::persistent_subscriptions::persistent_subscriptions_server::PersistentSubscriptions;
use super::wire::persistent_subscriptions::{self as persistent, get_info_req, list_req, replay_parked_req};
use super::wire::projections::projections_server::Projections;
use super::wire::projections::statistics_req::options::Mode;
use super::wire::projections::statistics_resp::Details;
use super::wire::projections::{StatisticsReq, StatisticsResp};
use super::wire::server_features::server_features_server::ServerFeatures;
use super::wire::server_features::{SupportedMethod, SupportedMethods};
use super::wire::{stream_of, uuid_message};

/// Method, service, and features: what is implemented here.
const METHODS: [(&str, &str, &[&str]); 12] = [
    ("read", "event_store.client.streams.streams", &["position", "events"]),
    ("append", "event_store.client.streams.streams", &[]),
    ("delete", "event_store.client.streams.streams", &[]),
    ("tombstone", "event_store.client.streams.streams", &[]),
    ("batchappend", "event_store.client.streams.streams", &["deadline_duration"]),
    ("read", "event_store.client.gossip.gossip", &[]),
    ("getinfo", "event_store.client.persistent_subscriptions.persistentsubscriptions", &["stream", "all"]),
    ("list", "event_store.client.persistent_subscriptions.persistentsubscriptions", &["stream", "all"]),
    ("replayparked", "event_store.client.persistent_subscriptions.persistentsubscriptions", &["stream", "all"]),
    ("restartsubsystem", "event_store.client.persistent_subscriptions.persistentsubscriptions", &["stream", "all"]),
    ("statistics", "event_store.client.projections.projections", &[]),
    ("getsupportedmethods", "event_store.client.server_features.serverfeatures", &[]),
];

#[tonic::async_trait]
impl ServerFeatures for Shared {
    async fn get_supported_methods(
        self: Arc<Self>,
        request: Request<Empty>,
    ) -> Result<Response<SupportedMethods>, Status> {
        self.admit(request.metadata()).await?;
        let method = |(name, service, features): &(&str, &str, &[&str])| SupportedMethod {
            method_name: (*name).to_owned(),
            service_name: (*service).to_owned(),
            features: features.iter().map(|feature| (*feature).to_owned()).collect(),
        };
        Ok(Response::new(SupportedMethods {
            methods: METHODS.iter().map(method).collect(),
            event_store_server_version: self.options.version.clone(),
        }))
    }
}

#[tonic::async_trait]
impl Gossip for Shared {
    async fn read(self: Arc<Self>, request: Request<Empty>) -> Result<Response<ClusterInfo>, Status> {
        self.admit(request.metadata()).await?;
        let time = self.now().timestamp_nanos_opt().unwrap_or(0) / 100;
        let member = |instance, state: VNodeState, address: String, port: u16| MemberInfo {
            instance_id: Some(uuid_message(instance, false)),
            time_stamp: time,
            state: state.into(),
            is_alive: true,
            http_end_point: Some(EndPoint { address, port: port.into() }),
        };
        // The name that is certified, if one is.
        let host = if self.options.tls.is_some() { "localhost".to_owned() } else { self.address.ip().to_string() };
        let port = self.address.port();
        let members = match self.faults.leader() {
            None => vec![member(self.instance, VNodeState::Leader, host, port)],
            Some((leader, leader_port)) => vec![
                member(self.instance, VNodeState::Follower, host, port),
                member(uuid::Uuid::new_v4(), VNodeState::Leader, leader, leader_port),
            ],
        };
        Ok(Response::new(ClusterInfo { members }))
    }
}

#[tonic::async_trait]
impl PersistentSubscriptions for Shared {
    async fn get_info(
        self: Arc<Self>,
        request: Request<persistent::GetInfoReq>,
    ) -> Result<Response<persistent::GetInfoResp>, Status> {
        use get_info_req::options::StreamOption;
        let caller = self.admit_to_leader(request.metadata()).await?;
        let options = request.into_inner().options.ok_or_else(|| Status::invalid_argument("options are missing"))?;
        let stream = match options.stream_option {
            Some(StreamOption::All(_)) => "$all".to_owned(),
            Some(StreamOption::StreamIdentifier(identifier)) => stream_of(Some(&identifier))?,
            None => return Err(Status::invalid_argument("a stream is missing")),
        };
        if !caller.is_admin() {
            return Err(refusals::access_denied());
        }
        let groups = self.groups.lock().unwrap();
        let group = groups.iter().find(|group| group.event_source == stream && group.group_name == options.group_name);
        let group = group.ok_or_else(|| refusals::group_does_not_exist(&stream, &options.group_name))?;
        Ok(Response::new(persistent::GetInfoResp { subscription_info: Some(group.clone()) }))
    }

    async fn list(
        self: Arc<Self>,
        request: Request<persistent::ListReq>,
    ) -> Result<Response<persistent::ListResp>, Status> {
        use list_req::options::ListOption;
        use list_req::stream_option::StreamOption;
        let caller = self.admit_to_leader(request.metadata()).await?;
        if !caller.is_admin() {
            return Err(refusals::access_denied());
        }
        let option = request.into_inner().options.and_then(|options| options.list_option);
        let of_stream = match option {
            None => return Err(Status::invalid_argument("options are missing")),
            Some(ListOption::ListAllSubscriptions(_)) => None,
            Some(ListOption::ListForStream(stream)) => match stream.stream_option {
                Some(StreamOption::Stream(identifier)) => Some(stream_of(Some(&identifier))?),
                _ => Some("$all".to_owned()),
            },
        };
        let groups = self.groups.lock().unwrap();
        let wanted =
            groups.iter().filter(|group| of_stream.as_ref().is_none_or(|stream| group.event_source == *stream));
        let subscriptions: Vec<_> = wanted.cloned().collect();
        match of_stream {
            Some(stream) if subscriptions.is_empty() => Err(refusals::group_does_not_exist(&stream, "")),
            _ => Ok(Response::new(persistent::ListResp { subscriptions })),
        }
    }

    async fn replay_parked(
        self: Arc<Self>,
        request: Request<persistent::ReplayParkedReq>,
    ) -> Result<Response<persistent::ReplayParkedResp>, Status> {
        use replay_parked_req::options::StreamOption;
        let caller = self.admit_to_leader(request.metadata()).await?;
        if !caller.is_admin() {
            return Err(refusals::access_denied());
        }
        let options = request.into_inner().options.ok_or_else(|| Status::invalid_argument("options are missing"))?;
        let stream = match &options.stream_option {
            Some(StreamOption::StreamIdentifier(identifier)) => stream_of(Some(identifier))?,
            _ => "$all".to_owned(),
        };
        let mut groups = self.groups.lock().unwrap();
        let group =
            groups.iter_mut().find(|group| group.event_source == stream && group.group_name == options.group_name);
        let group = group.ok_or_else(|| refusals::group_does_not_exist(&stream, &options.group_name))?;
        group.parked_message_count = 0;
        Ok(Response::new(persistent::ReplayParkedResp {}))
    }

    async fn restart_subsystem(self: Arc<Self>, request: Request<Empty>) -> Result<Response<Empty>, Status> {
        let caller = self.admit_to_leader(request.metadata()).await?;
        if caller.is_admin() { Ok(Response::new(Empty {})) } else { Err(refusals::access_denied()) }
    }
}

#[tonic::async_trait]
impl Projections for Shared {
    async fn statistics(
        self: Arc<Self>,
        request: Request<StatisticsReq>,
    ) -> Result<Response<BoxStream<StatisticsResp>>, Status> {
        let caller = self.admit_to_leader(request.metadata()).await?;
        if !caller.is_admin() {
            return Err(refusals::access_denied());
        }
        let mode = request.into_inner().options.and_then(|options| options.mode);
        let mode = mode.ok_or_else(|| Status::invalid_argument("a mode is missing"))?;
        let status = if self.system_projections_run() { "Running" } else { "Stopped" };
        let end = self.with_log(|log| log.end().commit);
        let of_system = SYSTEM_PROJECTIONS.iter().map(|name| Details {
            name: (*name).to_owned(),
            effective_name: (*name).to_owned(),
            mode: "Continuous".to_owned(),
            status: status.to_owned(),
            position: format!("C:{end}/P:{end}"),
            progress: 100.0,
            ..Details::default()
        });
        let listed: Vec<_> = of_system.chain(self.projections.lock().unwrap().clone()).collect();
        let wanted = |details: &Details| match &mode {
            Mode::All(_) => true,
            Mode::Name(name) => details.name == *name,
            Mode::Transient(_) => details.mode == "Transient",
            Mode::Continuous(_) => details.mode == "Continuous",
            Mode::OneTime(_) => details.mode == "OneTime",
        };
        let found: Vec<_> = listed.into_iter().filter(wanted).collect();
        if let (Mode::Name(name), []) = (&mode, found.as_slice()) {
            return Err(Status::not_found(format!("Projection '{name}' not found")));
        }
        let found = found.into_iter().map(|details| Ok(StatisticsResp { details: Some(details) }));
        Ok(Response::new(Box::pin(tokio_stream::iter(found))))
    }
}
