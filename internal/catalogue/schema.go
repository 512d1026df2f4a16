package catalogue

import (
	"embed"

	"kabinet/internal/platform/schema"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Texts are what the pages of this package say.
//
//go:embed text*.json
var Texts embed.FS

// Schema is what the catalogue keeps in the database.
func Schema() schema.Feature {
	return schema.Feature{Name: "catalogue", FS: migrations, Tables: []schema.Table{
		{Name: "service_version", Why: "reference data: the published texts of services, the same for everybody"},
	}}
}
