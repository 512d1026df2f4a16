package centre

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
	return schema.Feature{Name: "centre", FS: migrations, Tables: []schema.Table{
		{Name: "centre_intake", Owner: "agency", Person: "account"},
		{Name: "centre_link", Owner: "account", Person: "account"},
	}}
}
