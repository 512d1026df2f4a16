package app

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/platform/blob"
	"kabinet/internal/platform/export"
	"kabinet/internal/platform/schema"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/takeout"
)

// Takeout is how long copies of people's data and deleted accounts last.
type Takeout struct {
	Life    time.Duration `config:"life" default:"72h" min:"1h" max:"720h" help:"How long a copy of somebody's data can be downloaded."`
	Wait    time.Duration `config:"wait" default:"336h" min:"24h" max:"2160h" help:"How long an account waits for its deletion, which its holder may take back meanwhile."`
	KeepFor time.Duration `config:"keep_for" default:"43800h" min:"8760h" max:"876000h" help:"How long applications and issued documents of a deleted account are kept, as the law on archives asks."`
}

// openTakeout makes the feature that tells people all that others keep.
func (a *App) openTakeout() error {
	copies, err := blob.Open(filepath.Join(a.cfg.Data, "copies"), a.keys)
	if err != nil {
		return fmt.Errorf("opening the folder of copies: %w", err)
	}
	sms, mail, err := a.channels()
	if err != nil {
		return err
	}
	a.takeout = takeout.New(takeout.Options{
		DB: a.db, Keys: a.keys, Now: a.now, Blobs: copies, Accounts: a.accounts, Notices: a.notices, Catalogue: a.texts, Location: a.location,
		Parts: a.parts(), Tables: tables(), Mail: mail, SMS: sms,
		Leaving: []func(context.Context, string) error{a.applications.WithdrawAll, a.consents.Leave},
		Erase: []func(context.Context, *sqldb.DB, string, bool) error{a.documents.Erase, func(ctx context.Context, tx *sqldb.DB, id string, _ bool) error {
			return tx.Signal(ctx, account.EndedSignal, id)
		}},
		Life: a.cfg.Takeout.Life, Wait: a.cfg.Takeout.Wait, KeepFor: a.cfg.Takeout.KeepFor,
	})
	return nil
}

// parts are what every feature tells of a person, in the order of reading.
func (a *App) parts() []func(context.Context, string) (export.Section, error) {
	return []func(context.Context, string) (export.Section, error){
		a.people.Export, a.accounts.Export, a.signatures.Export, a.consents.Export, a.applications.Export, a.documents.Export, a.proofing.Export, a.videocalls.Export, a.notices.Export, a.outside.Export, a.audits.Export,
	}
}

// tables are those of every feature.
func tables() (all []schema.Table) {
	for _, f := range Schemas() {
		all = append(all, f.Tables...)
	}
	return all
}
