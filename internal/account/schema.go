package account

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
	return schema.Feature{Name: "account", FS: migrations, Tables: []schema.Table{
		{Name: "account", Owner: "id", Person: "id"},
		{Name: "account_contact", Owner: "account", Person: "account"},
		{Name: "account_identifier", Person: "account", Why: "look-up: finds the account of a keyed hash of a phone, e-mail or account number, unique in the whole portal"},
		{Name: "account_password", Owner: "account", Person: "account"},
		{Name: "account_factor", Owner: "account", Person: "account"},
		{Name: "account_backup", Owner: "account", Person: "account"},
		{Name: "account_passkey", Owner: "account", Person: "account"},
		{Name: "account_challenge", Why: "local: questions to passkeys that were answered, so that none is answered twice; gone after an hour"},
		{Name: "account_session", Owner: "account", Person: "account"},
		{Name: "account_device", Owner: "account", Person: "account"},
		{Name: "account_signin", Owner: "account", Person: "account"},
		{Name: "account_failure", Owner: "subject", Person: "subject"},
		{Name: "account_safety", Owner: "account", Person: "account"},
		{Name: "account_code", Owner: "account", Person: "account"},
		{Name: "account_flow", Person: "account", Why: "local: steps taken in a browser before it is known whose account they concern, if anybody's; gone after a day"},
		{Name: "account_link", Owner: "account", Person: "account"},
		{Name: "account_kept", Owner: "account", Person: "account"},
		{Name: "account_reach", Owner: "account", Person: "account"},
		{Name: "account_warning", Owner: "account", Person: "account"},
	}}
}
