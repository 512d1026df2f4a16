package account

import (
	"context"
	"strings"
	"time"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
)

// factorsPath is the page of two-factor authentication.
const factorsPath = "/settings/second"

// stepForm is the second step of a sign-in.
type stepForm struct {
	SecondWays
	Ask    PasskeyAsk
	Code   web.Field
	Trust  web.Field
	Path   string
	Wait   int // seconds until a new code may be asked for
	Notice notice
}

func newStepForm(p SecondWays, path string) stepForm {
	f := stepForm{SecondWays: p, Path: path, Trust: box("trust", "account.trust", "account.trust_hint"),
		Code: web.Field{Name: "code", Label: i18n.K("account.code"), Missing: i18n.K("account.code_missing"), Max: 40}}
	switch p.Way {
	case FactorApp:
		f.Code.Label, f.Code.Missing = i18n.K("account.app_code"), i18n.K("account.app_code_missing")
	case FactorBackup:
		f.Code.Label, f.Code.Missing, f.Code.Hint = i18n.K("account.backup_code"), i18n.K("account.backup_code_missing"), i18n.K("account.backup_code_hint")
	}
	return f
}

// lead says what to do for the way that was chosen.
func (f *stepForm) lead() i18n.Text {
	switch minutes := int(f.Life / time.Minute); f.Way {
	case FactorSMS:
		return i18n.K("account.code_sent_phone", "to", i18n.MaskPhone(f.To.Value), "n", minutes)
	case FactorEmail:
		return i18n.K("account.code_sent_email", "to", i18n.MaskEmail(f.To.Value), "n", minutes)
	}
	return i18n.K("account.step_" + string(f.Way))
}

// factorsPage is the settings of two-factor authentication.
type factorsPage struct {
	Factors
	Keys    []Passkey
	Staff   bool
	Changed bool // a factor was just changed: offer to end other sessions
	Notice  notice
}

// factorIcon is the picture of a factor.
func factorIcon(one Factor) string {
	switch one {
	case FactorPasskey:
		return "fingerprint-pattern"
	case FactorApp:
		return "smartphone"
	case FactorSMS:
		return "message-circle"
	case FactorEmail:
		return "mail"
	case FactorPassword:
		return "key"
	}
	return "list-checks"
}

// passkeyNote says when a passkey was added and used.
func (p *factorsPage) passkeyNote(ctx context.Context, k Passkey) string {
	if k.Used.IsZero() {
		return i18n.T(ctx, "account.app_since", "day", i18n.Date(ctx, k.Added))
	}
	return i18n.T(ctx, "account.passkey_used", "day", i18n.Date(ctx, k.Added), "at", i18n.When(ctx, k.Used))
}

// row is a factor in the list.
func (p *factorsPage) row(ctx context.Context, one Factor) ui.RowItem {
	r := ui.RowItem{LinkTo: ui.LinkTo{Title: i18n.K(one.Text()), Icon: factorIcon(one)}}
	switch one {
	case FactorPasskey:
		r.Text = i18n.K("account.passkey_lead")
	case FactorSMS:
		r.Text = i18n.K("account.sms_lead")
		if p.Phone != "" {
			r.Note = i18n.Phone(p.Phone)
		}
	case FactorEmail:
		r.Text = i18n.K("account.mail_lead")
		r.Note = p.Email
	case FactorApp:
		r.Text = i18n.K("account.app_lead")
		if p.App {
			r.Note = i18n.T(ctx, "account.app_since", "day", i18n.Date(ctx, p.AppAdded))
			if !p.AppUsed.IsZero() {
				r.Note = i18n.T(ctx, "account.app_used", "at", i18n.When(ctx, p.AppUsed))
			}
		}
	case FactorBackup:
		r.Text = i18n.K("account.backup_lead")
		if !p.BackupAt.IsZero() {
			r.Note = i18n.T(ctx, "account.backup_left", "n", p.Backup)
		}
	}
	return r
}

// mayAdd reports whether there is a button to add the factor, which needs a
// confirmed contact for codes that are sent.
func (p *factorsPage) mayAdd(one Factor) bool {
	switch one {
	case FactorSMS:
		return p.Phone != ""
	case FactorEmail:
		return p.Email != ""
	}
	return true
}

// appForm is the page where an app is set up.
type appForm struct {
	AppSetup
	Code   web.Field
	Notice notice
}

func newAppForm(a AppSetup) appForm {
	return appForm{AppSetup: a, Code: web.Field{Name: "code", Label: i18n.K("account.app_code"), Missing: i18n.K("account.app_code_missing"), Max: 20}}
}

// spaced is the secret in groups of four, for typing.
func (f *appForm) spaced() string {
	var b strings.Builder
	for i, c := range f.Secret {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// sentForm is the page that makes codes by SMS or e-mail a factor.
type sentForm struct {
	Factor Factor
	Code   web.Field
	Sent   Code // without ID: not sent yet
	Notice notice
}

func newSentForm(one Factor) sentForm {
	return sentForm{Factor: one, Code: web.Field{Name: "code", Label: i18n.K("account.code"), Missing: i18n.K("account.code_missing"), Max: 20}}
}

func (f *sentForm) path() string { return factorsPath + "/" + string(f.Factor) }

// lead says where the code is to go, or went.
func (f *sentForm) lead() i18n.Text {
	switch {
	case f.Sent.ID == "":
		return i18n.K("account." + string(f.Factor) + "_add_lead")
	case f.Sent.To.Kind == Email:
		return i18n.K("account.code_sent_email", "to", i18n.MaskEmail(f.Sent.To.Value), "n", int(EmailLife/time.Minute))
	}
	return i18n.K("account.code_sent_phone", "to", f.Sent.Phone, "n", int(CodeLife/time.Minute))
}

// removal asks before something is taken away.
type removal struct {
	Title, Lead, Button i18n.Text
	Path                string
}
