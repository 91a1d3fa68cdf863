//! Where the fonts of this system and of its user are.

use std::path::PathBuf;

use hutong::sinks::FontPlaces;

/// The system's folders, the user's own, and the files that were named.
pub(crate) fn places(files: &[PathBuf]) -> FontPlaces {
    let mut places = FontPlaces {
        files: files.to_vec(),
        ..FontPlaces::default()
    };
    if let Some(home) = directories::BaseDirs::new() {
        let own = if cfg!(target_os = "macos") {
            home.home_dir().join("Library/Fonts")
        } else if cfg!(windows) {
            home.data_local_dir()
                .join("Microsoft")
                .join("Windows")
                .join("Fonts")
        } else {
            home.data_dir().join("fonts")
        };
        places.folders.push(own);
        if cfg!(unix) {
            places.folders.push(home.home_dir().join(".fonts"));
        }
    }
    // Windows need not stand on C:.
    if let Some(windows) = std::env::var_os("SystemRoot").filter(|_| cfg!(windows)) {
        places.folders.push(PathBuf::from(windows).join("Fonts"));
    }
    places
}
