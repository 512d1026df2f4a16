package recovery

import (
	"embed"

	"kabinet/internal/platform/schema"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Texts holds what this package says.
//
//go:embed text*.json
var Texts embed.FS

// Schema is the tables of this feature.
func Schema() schema.Feature {
	return schema.Feature{Name: "recovery", FS: migrations, Tables: []schema.Table{
		{Name: "recovery_case", Owner: "id", Person: "account"},
		{Name: "recovery_file", Owner: "case_id"},
		{Name: "recovery_hold", Owner: "account", Person: "account"},
	}}
}
