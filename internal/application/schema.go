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
		{Name: "application", Owner: "account"},
		{Name: "application_event", Owner: "account"},
		{Name: "application_file", Owner: "account"},
		{Name: "application_number", Why: "lookup: a number is told by phone without saying whose it is"},
		{Name: "desk_case", Owner: "agency"},
	}}
}
