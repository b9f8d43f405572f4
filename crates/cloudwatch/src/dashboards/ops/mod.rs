mod delete_dashboards;
mod get_dashboard;
mod list_dashboards;
mod put_dashboard;
