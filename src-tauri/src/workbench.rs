#![allow(missing_docs, unused_variables)]
use std::sync::Arc; use crate::wire::*; use crate::tasks::Tasks; use crate::session::Session;
#[derive(Default)]
pub struct Workbench { tasks: Tasks }
impl Workbench {
    pub fn tasks(&self) -> &Tasks { &self.tasks }
    pub fn session(&self) -> Result<Arc<Session>, AppError> { Err(AppError::no_store()) }
    pub async fn app_info(&self) -> Result<AppInfo, AppError> { Err(AppError::no_store()) }
    pub async fn open(&self, path: Option<std::path::PathBuf>) -> Result<StoreStatus, AppError> { Err(AppError::no_store()) }
    pub async fn choose(&self) -> Result<Option<StoreStatus>, AppError> { Err(AppError::no_store()) }
}
