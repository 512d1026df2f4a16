package app

import (
	"fmt"
	"path/filepath"
	"time"

	"kabinet/internal/platform/blob"
	"kabinet/internal/recovery"
)

// Recovery is how accounts are given back to those who lost everything.
type Recovery struct {
	Wait time.Duration `config:"wait" default:"24h" min:"1h" max:"720h" help:"How long old contacts have to object after two operators agreed."`
}

// openRecovery makes the feature for those who lost everything.
func (a *App) openRecovery() error {
	pictures, err := blob.Open(filepath.Join(a.cfg.Data, "recovery"), a.keys)
	if err != nil {
		return fmt.Errorf("opening the folder of recoveries: %w", err)
	}
	sms, mail, err := a.channels()
	if err != nil {
		return err
	}
	a.recovery = recovery.New(recovery.Options{
		DB: a.db, Keys: a.keys, Now: a.now, Limits: a.limits, Blobs: pictures, Catalogue: a.texts, Location: a.location, PublicURL: a.publicURL(), Wait: a.cfg.Recovery.Wait,
		Accounts: a.accounts, People: a.people, Staff: a.staff, Documents: a.documents, Notices: a.notices, Mail: mail, SMS: sms,
	})
	return nil
}
