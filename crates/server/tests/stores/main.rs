//! What stands on the disk, looked at, mended, copied and brought back by the program itself.

mod backup;
mod log;
mod program;
