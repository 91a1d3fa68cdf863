//! QQ before NT: one invented history, kept the way Android, iOS and Windows kept it.

mod android;
mod ios;
mod java;
mod pc;
mod story;

pub use android::qq_android;
pub use ios::qq_ios;
pub use pc::qq_pc;
