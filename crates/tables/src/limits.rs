//! How much is too much.

/// AWS (ServiceQuotas): tables of an account in a region.
pub(crate) const TABLES_MAX: usize = 2500;
/// AWS (ServiceQuotas): global secondary indexes of a table.
pub(crate) const GLOBAL_INDEXES_MAX: usize = 20;
/// AWS (ServiceQuotas): local secondary indexes of a table.
pub(crate) const LOCAL_INDEXES_MAX: usize = 5;
/// AWS (ServiceQuotas): attributes that all indexes of a table include in their projections.
pub(crate) const PROJECTED_ATTRIBUTES_MAX: usize = 100;
/// AWS (API_TagResource): tags of a table.
pub(crate) const TAGS_MAX: usize = 50;
/// AWS (API_Query, API_Scan): bytes of what one page is made from.
pub(crate) const PAGE_BYTES_MAX: usize = 1024 * 1024;
/// AWS (API_BatchWriteItem): writes of a batch.
pub(crate) const BATCH_WRITES_MAX: usize = 25;
/// AWS (API_BatchGetItem): keys of a batch.
pub(crate) const BATCH_KEYS_MAX: usize = 100;
/// AWS (API_BatchGetItem): bytes of a batch's items.
pub(crate) const BATCH_BYTES_MAX: usize = 16 * 1024 * 1024;
/// AWS (API_TransactWriteItems): bytes of a transaction's items.
pub(crate) const TRANSACTION_BYTES_MAX: usize = 4 * 1024 * 1024;
/// AWS (API_TransactWriteItems): how long a token keeps a transaction from being done again.
pub(crate) const TOKEN_MS: i64 = 10 * 60 * 1000;
