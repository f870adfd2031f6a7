#![allow(missing_docs, unused_variables)]
use crate::wire::*; use crate::tasks::Task;
pub struct Session;
impl Session {
pub async fn create_demo(&self, seed: u32, events: u32, task: Task) -> Result<StoreStatus, AppError> { Err(AppError::no_store()) }
pub async fn status(&self) -> Result<StoreStatus, AppError> { Err(AppError::no_store()) }
pub async fn verify(&self, task: Task) -> Result<VerifyReport, AppError> { Err(AppError::no_store()) }
pub async fn streams(&self, request: StreamsRequest) -> Result<StreamsPage, AppError> { Err(AppError::no_store()) }
pub async fn categories(&self) -> Result<Vec<CategoryRow>, AppError> { Err(AppError::no_store()) }
pub async fn events_open(&self, query: EventQuery, task: Task) -> Result<EventsOpened, AppError> { Err(AppError::no_store()) }
pub async fn events_block(&self, query_id: &str, first_row: &str, count: u32) -> Result<EventBlock, AppError> { Err(AppError::no_store()) }
pub async fn event_detail(&self, position: &str) -> Result<EventDetail, AppError> { Err(AppError::no_store()) }
pub async fn timeline(&self, stream: &str, after: &str, limit: u32) -> Result<Vec<TimelineEntry>, AppError> { Err(AppError::no_store()) }
pub async fn state_at(&self, stream: &str, version: &str, with: Option<&str>) -> Result<StateView, AppError> { Err(AppError::no_store()) }
pub async fn version_at(&self, stream: &str, time: &str) -> Result<String, AppError> { Err(AppError::no_store()) }
pub async fn dry_run(&self, r: CommandRequest) -> Result<DryRun, AppError> { Err(AppError::no_store()) }
pub async fn execute(&self, r: CommandRequest) -> Result<CommandResult, AppError> { Err(AppError::no_store()) }
pub async fn wait_until(&self, p: &str) -> Result<bool, AppError> { Err(AppError::no_store()) }
pub async fn projections(&self) -> Result<Vec<ProjectionStatus>, AppError> { Err(AppError::no_store()) }
pub async fn rebuild_projection(&self, n: &str, task: Task) -> Result<RebuildReport, AppError> { Err(AppError::no_store()) }
pub async fn pause_projection(&self, n: &str) -> Result<(), AppError> { Err(AppError::no_store()) }
pub async fn resume_projection(&self, n: &str) -> Result<(), AppError> { Err(AppError::no_store()) }
pub async fn accounts(&self, s: Option<&str>, o: u32, l: u32) -> Result<AccountsPage, AppError> { Err(AppError::no_store()) }
pub async fn statement(&self, a: &str, o: u32, l: u32) -> Result<Statement, AppError> { Err(AppError::no_store()) }
pub async fn transfers(&self, a: Option<&str>, b: Option<&str>, o: u32, l: u32) -> Result<TransfersPage, AppError> { Err(AppError::no_store()) }
pub async fn trial_balance(&self) -> Result<TrialBalance, AppError> { Err(AppError::no_store()) }
pub fn events_close(&self, q: &str) {}
pub fn event_types(&self) -> Vec<String> { vec![] }
pub fn commands(&self) -> Vec<CommandInfo> { vec![] }
}
