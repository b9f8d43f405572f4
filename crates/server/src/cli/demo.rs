mod latency;
mod source;
mod table;
mod tally;
