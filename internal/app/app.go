package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/platform/blob"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/limit"
	"kabinet/internal/platform/live"
	"kabinet/internal/platform/relay"
	"kabinet/internal/platform/schema"
	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/telemetry"
	"kabinet/internal/platform/web"
	"kabinet/internal/platform/workcal"
	"kabinet/internal/signature"
)

// App is the program, opened: everything that its commands work with.
type App struct {
	cfg       Config
	demo      bool
	now       func() time.Time
	location  *time.Location
	telemetry *telemetry.Telemetry
	db        *sqldb.DB
	keys      *secret.Keyring
	blobs     *blob.Store
	texts     *i18n.Catalogue
	calendar  *workcal.Calendar
	limits    *limit.Limiter
	hub       *live.Hub
	runner    *jobs.Runner
	router    *web.Router
	sealer    *signature.Sealer
	relay     *relay.Server                           // of video meetings; nil without one
	ways      []func(context.Context) []account.WayIn // to sign in, of features other than account
	features
}

// Open opens what the configuration names: data folder, keys, database (whose
// migrations are applied), files, features. It serves nothing yet. The log goes
// to out.
func Open(ctx context.Context, cfg Config, out io.Writer) (_ *App, err error) {
	a := &App{cfg: cfg, demo: cfg.Demo, now: cfg.Now}
	if a.now == nil {
		a.now = time.Now
	}
	if a.telemetry, err = telemetry.New(cfg.Reporting, out, Version); err != nil {
		return nil, err
	}
	if a.location, err = time.LoadLocation(cfg.TimeZone); err != nil {
		return nil, fmt.Errorf("time zone %s: %w", cfg.TimeZone, err)
	}
	if a.texts, err = Texts(); err != nil {
		return nil, err
	}
	if a.calendar, err = workcal.Russia(); err != nil {
		return nil, err
	}
	if err := a.openStores(ctx); err != nil {
		a.Close()
		return nil, err
	}
	if err := a.openFeatures(); err != nil { //nolint:contextcheck // gauges are read later, on nobody's behalf
		a.Close()
		return nil, err
	}
	return a, nil
}

// openStores opens the keys, the database and the files.
func (a *App) openStores(ctx context.Context) error {
	if err := os.MkdirAll(a.cfg.Data, 0o700); err != nil {
		return fmt.Errorf("opening the data folder: %w", err)
	}
	master, err := secret.ParseMaster(a.cfg.MasterKey.Reveal())
	if err != nil {
		return err
	}
	if a.keys, err = keyring(a.cfg.Data, master); err != nil {
		return err
	}
	if a.db, err = sqldb.Open(ctx, a.cfg.database()); err != nil {
		return err
	}
	if ok, err := schema.Current(ctx, a.db, Schemas()...); err != nil {
		return err
	} else if !ok {
		if _, err := schema.Up(ctx, a.db, Schemas()...); err != nil {
			return err
		}
	}
	if a.blobs, err = blob.Open(filepath.Join(a.cfg.Data, "files"), a.keys); err != nil {
		return err
	}
	a.sealer, err = a.seal()
	return err
}

// seal returns the operator's seal, or that of the demonstration; none for a
// command that issues nothing.
func (a *App) seal() (*signature.Sealer, error) {
	if a.demo {
		return signature.DemoSealer(filepath.Join(a.cfg.Data, "seal.bin"), a.keys, a.now())
	}
	if !a.cfg.Serving {
		return nil, nil
	}
	chain, err := os.ReadFile(a.cfg.Seal.Certificate)
	if err != nil {
		return nil, fmt.Errorf("reading the certificate of the seal: %w", err)
	}
	return signature.NewSealer([]byte(a.cfg.Seal.Key.Reveal()), chain)
}

// Close ends what Open began.
func (a *App) Close() error {
	var errs []error
	if a.hub != nil {
		a.hub.Close()
	}
	if a.relay != nil {
		errs = append(errs, a.relay.Close())
	}
	if a.db != nil {
		errs = append(errs, a.db.Close())
	}
	end, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return errors.Join(append(errs, a.telemetry.Close(end))...)
}

// publicURL is the address by which people reach the portal, without a slash at
// the end.
func (a *App) publicURL() string { return strings.TrimSuffix(a.cfg.PublicURL, "/") }

// check returns why the portal cannot work now.
func (a *App) check(ctx context.Context) error {
	if err := a.db.Ping(ctx); err != nil {
		return errors.New("the database does not answer")
	}
	select {
	case <-a.catalogue.Ready():
		return nil
	default:
		return errors.New("the catalogue is being loaded")
	}
}

// load does what may take a while after the start: it reads the catalogue.
func (a *App) load(ctx context.Context) error {
	if err := a.catalogue.Run(ctx); err != nil && ctx.Err() == nil {
		return err
	}
	trim()
	return nil
}

// migrate brings the database to the shape of this version.
func migrate(ctx context.Context, cfg Config) (int, error) {
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return 0, fmt.Errorf("opening the data folder: %w", err)
	}
	db, err := sqldb.Open(ctx, cfg.database())
	if err != nil {
		return 0, err
	}
	defer db.Close()
	return schema.Up(ctx, db, Schemas()...)
}

// Patterns returns every address that the portal answers, as net/http writes
// them.
func (a *App) Patterns() []string { return a.router.Patterns() }
