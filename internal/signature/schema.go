package signature

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
	return schema.Feature{Name: "signature", FS: migrations, Tables: []schema.Table{
		{Name: "signature_certificate", Owner: "account", Person: "account"},
		{Name: "signature_print", Person: "account", Why: "look-up: finds the account that a certificate is bound to by a keyed hash of the certificate, unique in the whole portal"},
		{Name: "signature_used", Why: "local: challenges that were answered, kept until they are over so that none is answered twice"},
		{Name: "signature_newcomer", Why: "local: people who signed and have no account yet; gone after an hour"},
		{Name: "signature_trust", Why: "reference: the list of accredited centres, the same for everybody"},
		{Name: "signature_list", Why: "reference: revocation lists of centres, the same for everybody"},
	}}
}
