package application

import (
	"embed"

	"kabinet/internal/platform/schema"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Schema is the tables of this package.
func Schema() schema.Feature {
	return schema.Feature{Name: "application", FS: migrations, Tables: []schema.Table{
		{Name: "application", Owner: "account", Person: "account", Kept: "application.kept"},
		{Name: "application_event", Owner: "account", Person: "account", Kept: "application.kept"},
		{Name: "application_file", Owner: "account", Person: "account", Kept: "application.kept"},
		{Name: "application_number", Person: "account", Kept: "application.kept", Why: "lookup: a number is told by phone without saying whose it is"},
		{Name: "desk_case", Owner: "agency", Person: "account", Kept: "application.kept"},
	}}
}
