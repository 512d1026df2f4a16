package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"kabinet/internal/account"
	"kabinet/internal/application"
	"kabinet/internal/audit"
	"kabinet/internal/catalogue"
	"kabinet/internal/centre"
	"kabinet/internal/consent"
	"kabinet/internal/desk"
	"kabinet/internal/document"
	"kabinet/internal/eform"
	"kabinet/internal/home"
	"kabinet/internal/notify"
	"kabinet/internal/notify/sms"
	"kabinet/internal/notify/smtp"
	"kabinet/internal/outside"
	"kabinet/internal/person"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/limit"
	"kabinet/internal/platform/live"
	"kabinet/internal/platform/place"
	"kabinet/internal/platform/schema"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/telemetry"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
	"kabinet/internal/proofing"
	"kabinet/internal/recovery"
	"kabinet/internal/register"
	"kabinet/internal/signature"
	"kabinet/internal/staff"
	"kabinet/internal/takeout"
	"kabinet/internal/videocall"
	"kabinet/services"
)

// features are the services of the portal, ground first.
type features struct {
	audits       *audit.Service
	notices      *notify.Service
	accounts     *account.Service
	consents     *consent.Service
	people       *person.Service
	proofing     *proofing.Service
	centre       *centre.Service
	staff        *staff.Service
	signatures   *signature.Service
	documents    *document.Service
	forms        *eform.Service
	catalogue    *catalogue.Service
	applications *application.Service
	takeout      *takeout.Service
	videocalls   *videocall.Service
	outside      *outside.Service
	recovery     *recovery.Service
	home         *home.Service
	desk         *desk.Service
}

// Schemas lists what every feature keeps in the database, ground first.
func Schemas() []schema.Feature {
	return []schema.Feature{jobs.Schema(), limit.Schema(), audit.Schema(), notify.Schema(), account.Schema(), consent.Schema(), person.Schema(), staff.Schema(), signature.Schema(), document.Schema(), proofing.Schema(), videocall.Schema(), centre.Schema(), eform.Schema(),
		catalogue.Schema(), application.Schema(), takeout.Schema(), outside.Schema(), recovery.Schema()}
}

// Texts joins what every feature says.
func Texts() (*i18n.Catalogue, error) {
	return i18n.NewCatalogue([]fs.FS{ui.Texts, register.Texts, audit.Texts, notify.Texts, account.Texts, consent.Texts, person.Texts, staff.Texts, signature.Texts, document.Texts, proofing.Texts, videocall.Texts, centre.Texts,
		eform.Texts, catalogue.Texts, application.Texts, takeout.Texts, outside.Texts, recovery.Texts, home.Texts(), desk.Texts}...)
}

// openFeatures makes the features and joins them.
func (a *App) openFeatures() error {
	a.hub = live.New(live.Options{})
	a.db.Subscribe(account.EndedSignal, a.hub.End) // in every process, until the database is closed
	a.runner = jobs.NewRunner(a.db, a.now, a.cfg.Workers)
	a.runner.Around = a.telemetry.Job
	a.gauges()
	overrides, err := a.cfg.limits()
	if err != nil {
		return err
	}
	a.limits = limit.New(a.db, a.now, a.keys, overrides)
	a.limits.Observe = func(rule string, refused bool) {
		if refused {
			a.telemetry.Refused(rule)
		}
	}
	if err := a.openPeople(); err != nil {
		return err
	}
	if err := a.openOutside(); err != nil {
		return err
	}
	if err := a.openServices(); err != nil {
		return err
	}
	if err := a.openTakeout(); err != nil {
		return err
	}
	if err := a.openRecovery(); err != nil {
		return err
	}
	a.desk = desk.New(desk.Options{DB: a.db, Now: a.now, Staff: a.staff, Version: Version})
	a.registerJobs()
	a.openRouter()
	return nil
}

// openPeople makes the features that know people and reach them.
func (a *App) openPeople() error {
	sendSMS, sendMail, err := a.channels()
	if err != nil {
		return err
	}
	a.notices = notify.New(notify.Options{
		DB: a.db, Keys: a.keys, Now: a.now, Hub: a.hub, Catalogue: a.texts, Location: a.location, PublicURL: a.publicURL(),
		Contacts: func(ctx context.Context, account string) (notify.Contact, error) {
			return a.accounts.Contacts(ctx, account)
		},
		Reach: func(ctx context.Context, tx *sqldb.DB, account string) (mail, sms bool, err error) {
			return a.accounts.Reach(ctx, tx, account)
		},
		SMS: sendSMS, Mail: sendMail,
	})
	places, err := place.Open(a.cfg.Places)
	if err != nil {
		return err
	}
	passwords, err := a.cfg.Passwords.policy()
	if err != nil {
		return err
	}
	a.accounts = account.New(account.Options{
		DB: a.db, Keys: a.keys, Now: a.now, Limits: a.limits, Catalogue: a.texts, Location: a.location, PublicURL: a.publicURL(), Secure: a.cfg.secure(),
		Notices: a.notices, SMS: sendSMS, Mail: sendMail, ClientIP: source, Ways: a.waysIn, Places: places, Lives: a.cfg.Sessions.lives(),
		Registered: func(ctx context.Context, tx *sqldb.DB, account string, n account.Name) error {
			return a.people.Create(ctx, tx, account, n)
		},
		Agreed: func(ctx context.Context, tx *sqldb.DB, account string, purposes []string, by audit.Actor) error {
			return a.consents.Registered(ctx, tx, account, purposes, by)
		},
		Passwords: passwords,
		Locks:     account.Locks{Failures: a.cfg.Lock.Failures, First: a.cfg.Lock.First, Longest: a.cfg.Lock.Longest, Everywhere: a.cfg.Lock.Everywhere},
		NameOf:    func(ctx context.Context, id string) (account.Name, error) { return a.people.NameOf(ctx, id) },
	})
	if err := a.openConsents(); err != nil {
		return err
	}
	a.people = person.New(a.db, a.keys, a.now, a.accounts)
	a.people.KeepByConsent(a.consents, a.notices)
	a.staff = staff.New(staff.Options{DB: a.db, Keys: a.keys, Now: a.now, Accounts: a.accounts, People: a.people})
	return a.openSignatures()
}

// openServices makes the features of documents, services and applications.
func (a *App) openServices() error {
	scanner, err := a.scanner()
	if err != nil {
		return err
	}
	a.documents = document.New(document.Config{
		DB: a.db, Keys: a.keys, Blobs: a.blobs, Sealer: a.sealer, Catalogue: a.texts, Location: a.location, PublicURL: a.publicURL(), Demo: a.demo, Now: a.now,
		Limiter: a.limits, Source: source, Scanner: scanner,
	})
	a.openProofing()
	if err := a.openVideocall(); err != nil {
		return err
	}
	a.openCentre()
	a.forms = eform.New(a.db, a.keys, a.documents, a.now)
	a.catalogue = catalogue.New(catalogue.Config{
		DB: a.db, Files: a.serviceFiles(), Known: known(), Calendar: a.calendar, Now: a.now, Location: a.location, Log: a.telemetry.Log,
		Level: a.level, Draft: a.draft,
	})
	a.applications = application.New(application.Options{
		DB: a.db, Keys: a.keys, Now: a.now, Location: a.location, Calendar: a.calendar, Texts: a.texts, Catalogue: a.catalogue, Forms: a.forms,
		Documents: a.documents, Notices: a.notices, Accounts: a.accounts, Consents: a.consents, Facts: a.facts, Connectors: a.connectors(),
	})
	a.audits = audit.New(audit.Options{DB: a.db, Texts: a.texts, Name: a.actorName, Link: objectLink})
	a.home = home.New(home.Options{Now: a.now, Location: a.location, Catalogue: a.catalogue, Applications: a.applications, Forms: a.forms, Notices: a.notices,
		Documents: a.documents, Accounts: a.accounts, People: a.people, Consents: a.consents, Identity: identityPath})
	return nil
}

// gauges tell the operator what waits.
func (a *App) gauges() {
	a.telemetry.Gauge("kabinet_live_streams", "Open pages that are told of news.", func() float64 { return float64(a.hub.Streams()) })
	for _, state := range []string{"ready", "run", "dead"} {
		a.telemetry.Gauge("kabinet_jobs_"+state, "Background jobs that are "+state+".", func() float64 {
			counts, err := jobs.Counts(context.Background(), a.db)
			if err != nil {
				return -1
			}
			return float64(counts[state])
		})
	}
}

// rules are the limits of all features.
func rules() []limit.Rule {
	return slices.Concat(account.Limits(), signature.Limits(), outside.Limits(), document.Rules(), proofing.Limits(), videocall.Limits(), recovery.Limits(), centre.Limits())
}

// source is the address that a request came from, without its port. Behind
// proxies it is the client's: see behindProxies.
func source(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// scanner is the virus scanner, nil when none is configured.
func (a *App) scanner() (*document.Clamd, error) {
	if a.cfg.Scanner == "" {
		return nil, nil
	}
	return document.NewClamd(a.cfg.Scanner, 0)
}

// serviceFiles is the folder of service definitions.
func (a *App) serviceFiles() fs.FS {
	if a.cfg.Services != "" {
		return os.DirFS(a.cfg.Services)
	}
	return services.FS
}

// known is what service definitions may name.
func known() catalogue.Known {
	return catalogue.Known{Connectors: []string{application.ConnectorIncome}}
}

// channels returns how messages leave the portal; a nil one is not configured.
func (a *App) channels() (text func(ctx context.Context, id, to, text string) error, mail func(context.Context, notify.Message) error, err error) {
	gateway := sms.New(sms.Config{URL: a.cfg.SMS.URL, Token: a.cfg.SMS.Token.Reveal(), Timeout: a.cfg.SMS.Timeout})
	text = func(ctx context.Context, id, to, body string) error {
		err := gateway.Send(ctx, id, to, body)
		if errors.Is(err, sms.ErrRefused) {
			return fmt.Errorf("%w: %w", notify.ErrRefused, err)
		}
		return err
	}
	if a.cfg.Mail.Server == "" {
		return text, nil, nil
	}
	host, port, err := net.SplitHostPort(a.cfg.Mail.Server)
	if err != nil {
		return nil, nil, fmt.Errorf("mail server: %w", err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, nil, fmt.Errorf("mail server: %w", err)
	}
	client, err := smtp.New(smtp.Config{Host: host, Port: number, User: a.cfg.Mail.User, Password: a.cfg.Mail.Password.Reveal(),
		From: a.cfg.Mail.From, Security: smtp.Security(a.cfg.Mail.TLS), Timeout: a.cfg.Mail.Timeout})
	if err != nil {
		return nil, nil, err
	}
	mail = func(ctx context.Context, m notify.Message) error {
		err := client.Send(ctx, smtp.Message{ID: m.ID, To: m.To, Subject: m.Subject, Text: m.Text, HTML: m.HTML})
		if errors.Is(err, smtp.ErrRefused) {
			return fmt.Errorf("%w: %w", notify.ErrRefused, err)
		}
		return err
	}
	return text, mail, nil
}

func (a *App) registerJobs() {
	a.accounts.RegisterJobs(a.runner)
	a.notices.RegisterJobs(a.runner)
	a.consents.Jobs(a.runner)
	a.people.Jobs(a.runner)
	a.signatures.RegisterJobs(a.runner)
	a.documents.Jobs(a.runner)
	a.proofing.Jobs(a.runner)
	a.videocalls.Jobs(a.runner)
	a.centre.Jobs(a.runner)
	a.forms.Jobs(a.runner)
	a.applications.Jobs(a.runner)
	a.takeout.Jobs(a.runner)
	a.outside.RegisterJobs(a.runner)
	a.recovery.Jobs(a.runner)
	a.limits.RegisterJobs(a.runner)
	audit.RegisterJobs(a.runner, a.db, a.now, a.keepAnchor)
}

// identify tells who sent a request, and the log whose it is.
func (a *App) identify(w http.ResponseWriter, r *http.Request) (web.Identity, error) {
	who, err := a.accounts.Identify(w, r)
	if err == nil && who.Account != "" {
		telemetry.SetAccount(r.Context(), who.Account)
	}
	return who, err
}

// who tells what pages show of the person who is signed in.
func (a *App) who(ctx context.Context, id string) (*web.Who, error) {
	acc, err := a.accounts.Account(ctx, id)
	if err != nil {
		return nil, err
	}
	p, err := a.people.Person(ctx, id)
	if err != nil {
		return nil, err
	}
	unread, err := a.notices.Unread(ctx, id)
	if err != nil {
		return nil, err
	}
	who := &web.Who{Name: p.ShortName(), Initials: p.Initials(), FirstName: p.Name, Level: acc.Level.Text(),
		Confirmed: acc.Level == account.Confirmed, Staff: acc.Staff, Unread: unread, Banner: a.contactsBanner(acc)}
	if acc.Staff {
		who.Place, err = a.place(ctx, id)
	}
	return who, err
}

// place names the agency where a member of staff works; those who run the
// portal have none.
func (a *App) place(ctx context.Context, id string) (i18n.Words, error) {
	member, err := a.staff.Member(ctx, id)
	if errors.Is(err, staff.ErrNoMember) || err == nil && member.Agency == staff.Portal {
		return i18n.Words{}, nil
	}
	if err != nil {
		return i18n.Words{}, err
	}
	c, err := a.catalogue.Catalogue(ctx)
	if err != nil {
		return i18n.Words{}, err
	}
	return c.Agency(member.Agency).Short, nil
}

// anchorFile holds the daily digests of the audit log. The operator copies it
// away; beside the data it shows only that the log was changed by one who did
// not think of it.
const anchorFile = "audit-anchors.jsonl"

func (a *App) keepAnchor(ctx context.Context, h audit.Head) error {
	slog.InfoContext(ctx, "audit anchor taken", "lines", h.Lines)
	return audit.AppendAnchor(filepath.Join(a.cfg.Data, anchorFile), h)
}

// openRouter puts every feature's routes behind one router.
func (a *App) openRouter() {
	a.router = web.NewRouter(web.Config{
		Catalogue: a.texts, Keys: a.keys, Now: a.now, Location: a.location, Secure: a.cfg.secure(), Demo: a.demo, Region: a.cfg.region(),
		ErrorPage: func(status int, f *fault.Error, request string) templ.Component {
			return ui.ErrorPage(status, f, request)
		},
		RequestID: telemetry.RequestID, Identify: a.identify, Who: a.who, SignIn: a.accounts.SignInPage,
	})
	a.audits.Routes(a.router)
	a.accounts.Routes(a.router)
	a.consents.Routes(a.router, a.accounts.RequireFresh)
	a.people.Routes(a.router)
	a.outside.Routes(a.router)
	a.notices.Routes(a.router)
	a.signatures.Routes(a.router)
	a.documents.Routes(a.router)
	a.proofing.Routes(a.router)
	a.videocalls.Routes(a.router)
	a.proofing.DeskRoutes(a.router)
	a.centre.Routes(a.router)
	a.catalogue.Routes(a.router)
	a.applications.Routes(a.router)
	a.applications.DeskRoutes(a.router, a.staff)
	a.takeout.Routes(a.router)
	a.recovery.Routes(a.router)
	a.home.Routes(a.router)
	a.desk.Routes(a.router)
	if a.demo {
		a.router.Handle("GET /ui", func(w http.ResponseWriter, r *http.Request) error {
			return web.Write(w, r, http.StatusOK, ui.StylePage())
		})
	}
}
