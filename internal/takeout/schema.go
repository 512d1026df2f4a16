package takeout

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
	return schema.Feature{Name: "takeout", FS: migrations, Tables: []schema.Table{
		{Name: "takeout_copy", Owner: "account", Person: "account"},
		{Name: "takeout_deletion", Owner: "account", Kept: "takeout.kept_deletion"},
	}}
}
