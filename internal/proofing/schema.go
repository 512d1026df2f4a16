package proofing

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
	return schema.Feature{Name: "proofing", FS: migrations, Tables: []schema.Table{
		{Name: "proofing_request", Owner: "account", Person: "account"},
		{Name: "proofing_proof", Owner: "account", Person: "account"},
		{Name: "proofing_letter", Owner: "account", Person: "account"},
		{Name: "proofing_queue", Why: "lookup: what waits for the verifiers of the whole portal, as IDs, kinds and times", Person: "account"},
	}}
}
