package outside

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
	return schema.Feature{Name: "outside", FS: migrations, Tables: []schema.Table{
		{Name: "outside_link", Owner: "account", Person: "account"},
		{Name: "outside_subject", Person: "account", Why: "look-up: finds the account of a keyed hash of a provider's subject, unique in the whole portal"},
		{Name: "outside_arrival", Why: "local: somebody came back from a provider and it is not known yet whose account it concerns, if anybody's; gone within the hour"},
	}}
}
