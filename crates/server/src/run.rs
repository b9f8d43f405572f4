//! Start-up and shutdown.

use crate::cli::Failure;
use crate::config::Settings;
use crate::logging;

/// Serves until told to stop.
pub fn serve(settings: Settings) -> Result<(), Failure> {
    logging::start(&settings.flags);
    Ok(())
}
