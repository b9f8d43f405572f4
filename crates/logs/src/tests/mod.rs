mod deliveries;
mod events;
mod groups;
mod ordering;
mod tails;
