//! The scenes that come with the program.

use inspector::scene::{Scene, SceneError};

/// Their ids and their files.
pub const SHIPPED: [(&str, &str); 3] = [
    ("transfer", include_str!("scenes/transfer.scene.json")),
    ("compensated", include_str!("scenes/compensated.scene.json")),
    ("freeze", include_str!("scenes/freeze.scene.json")),
];

/// A scene that comes with the program; nothing if none has this id.
///
/// # Errors
/// Its file does not fit its format: a fault in the program, which its tests find.
pub fn shipped(id: &str) -> Option<Result<Scene, SceneError>> {
    SHIPPED.iter().find(|(known, _)| *known == id).map(|(_, text)| Scene::parse(text))
}
