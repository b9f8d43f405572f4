mod items;
mod kcl;
mod leading_keys;
mod paging;
mod races;
mod tables;
mod transactions;
