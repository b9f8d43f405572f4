mod items;
mod kcl;
mod paging;
mod races;
mod tables;
mod transactions;
