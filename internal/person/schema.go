package person

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
	return schema.Feature{Name: "person", FS: migrations, Tables: []schema.Table{
		{Name: "person", Owner: "account", Person: "account"},
		{Name: "person_change", Owner: "account", Person: "account"},
		{Name: "person_proposal", Owner: "account", Person: "account"},
		{Name: "person_setting", Owner: "account", Person: "account"},
	}}
}
