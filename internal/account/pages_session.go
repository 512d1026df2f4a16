package account

import (
	"context"
	"slices"
	"time"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
)

// loginKind is how the sign-in page asks for a login of one kind.
type loginKind struct {
	kind  Kind   // "" is any kind, which is recognised
	word  string // end of its message keys
	input ui.Input
}

// loginKinds are the tabs of the sign-in page. «username» tells password
// managers what they keep the password under.
var loginKinds = []loginKind{
	{"", "any", ui.Input{Mode: "email", Complete: "username webauthn"}},
	{Phone, "phone", ui.Input{Type: "tel", Mode: "tel", Complete: "username webauthn"}},
	{Email, "email", ui.Input{Type: "email", Mode: "email", Complete: "username webauthn"}},
	{SNILS, "snils", ui.Input{Mode: "numeric", Complete: "username webauthn"}},
	{INN, "inn", ui.Input{Mode: "numeric", Complete: "username webauthn"}},
}

// loginKindOf returns the tab of a kind, the first for what is none.
func loginKindOf(kind string) loginKind {
	if i := slices.IndexFunc(loginKinds, func(k loginKind) bool { return string(k.kind) == kind }); i > 0 {
		return loginKinds[i]
	}
	return loginKinds[0]
}

// field asks for a login of this kind.
func (k loginKind) field() web.Field {
	return web.Field{Name: "login", Label: i18n.K("account.login_by_" + k.word), Hint: i18n.K("account.login_hint_" + k.word), Max: 254,
		Missing: i18n.K("account.login_missing_" + k.word),
		Check: func(typed string) i18n.Text {
			if _, ok := ParseLoginBy(k.kind, typed); !ok {
				return i18n.K("account.login_wrong_" + k.word)
			}
			return i18n.Text{}
		}}
}

// wrong says that login or password did not fit, and what is worth a look
// first: it depends on what was typed, not on who has it.
func wrongText(l Login) i18n.Text { return i18n.K("account.wrong_" + string(l.Kind)) }

type loginForm struct {
	By                               loginKind
	Login, Password, Remember, Alien web.Field
	Next, Kept                       string
	Notice                           notice
	Locked                           bool // offer to unlock
	Ways                             []WayIn
	Passkey                          PasskeyAsk
}

func newLoginForm(by string) loginForm {
	k := loginKindOf(by)
	return loginForm{By: k, Login: k.field(), Password: passwordField("password", "account.password"),
		Remember: box("remember", "account.remember", "account.remember_hint"), Alien: box("alien", "account.alien", "account.alien_hint")}
}

func (f *loginForm) all() []*web.Field {
	return []*web.Field{&f.Login, &f.Password, &f.Remember, &f.Alien}
}

// tabs are the links to the same page for a login of another kind.
func (f *loginForm) tabs() []ui.Choice {
	list := make([]ui.Choice, 0, len(loginKinds))
	for _, k := range loginKinds {
		list = append(list, ui.Choice{Href: withQuery("/login", "by", string(k.kind), "next", f.Next), Text: i18n.K("account.tab_" + k.word), Current: k.kind == f.By.kind})
	}
	return list
}

// phoneCodeForm asks for the phone of a sign-in by code.
type phoneCodeForm struct {
	Login, Remember, Alien web.Field
	Next                   string
	Notice                 notice
}

func newPhoneCodeForm(next string) phoneCodeForm {
	return phoneCodeForm{Login: loginKindOf(string(Phone)).field(), Next: next,
		Remember: box("remember", "account.remember", "account.remember_hint"), Alien: box("alien", "account.alien", "account.alien_hint")}
}

func (f *phoneCodeForm) all() []*web.Field { return []*web.Field{&f.Login, &f.Remember, &f.Alien} }

// phonePasswordForm asks for the password after the code.
type phonePasswordForm struct {
	Password web.Field
	Login    string // for password managers
	Notice   notice
}

func newPhonePasswordForm(step Step) phonePasswordForm {
	return phonePasswordForm{Password: passwordField("password", "account.password"), Login: step.To.Value}
}

// signInsPage is the history of sign-ins.
type signInsPage struct {
	Account string
	Current string // ID of this session
	Show    string // ShowAll, ShowEntries, ShowFailed
	Lines   []SignedIn
	More    string // address of the rest, "" when all is shown
	Safety  Safety
	Now     time.Time
	deny    func(account, signIn string) string
}

func (p *signInsPage) filters() []ui.Choice {
	var list []ui.Choice
	for _, show := range []string{ShowAll, ShowEntries, ShowFailed} {
		key := "account.history_" + show
		if show == ShowAll {
			key = "account.history_all"
		}
		list = append(list, ui.Choice{Href: withQuery("/settings/signins", "show", show), Text: i18n.K(key), Current: show == p.Show})
	}
	return list
}

// deniable returns where a line is denied, "" when there is nothing to deny.
func (p *signInsPage) deniable(line SignedIn) string {
	if line.ID == p.Current || !line.Denied.IsZero() || !line.Outcome.right() || !since(p.Now, line.At, denyFor) {
		return ""
	}
	return p.deny(p.Account, line.ID)
}

func historyColumns() []ui.Column {
	return []ui.Column{{Title: i18n.K("account.history_when")}, {Title: i18n.K("account.history_device")}, {Title: i18n.K("account.history_ip")},
		{Title: i18n.K("account.history_method")}, {Title: i18n.K("account.history_outcome")}}
}

// tag is the outcome of a line as a status.
func (e SignedIn) tag() ui.Tag {
	switch {
	case !e.Denied.IsZero():
		return ui.Tag{Text: i18n.K("account.outcome_denied"), Tone: ui.Danger}
	case e.Outcome == Entry:
		return ui.Tag{Text: i18n.K(e.Outcome.Text()), Tone: ui.Success}
	}
	return ui.Tag{Text: i18n.K(e.Outcome.Text()), Tone: ui.Warning}
}

// facts are what is known of a sign-in.
func (e SignedIn) facts(ctx context.Context) []ui.Pair {
	return []ui.Pair{
		{Label: i18n.K("account.history_when"), Value: i18n.When(ctx, e.At)},
		{Label: i18n.K("account.history_device"), Value: e.Device.Text().In(ctx)},
		{Label: i18n.K("account.history_ip"), Value: e.Device.IP + ", " + e.Device.where().In(ctx)},
		{Label: i18n.K("account.history_method"), Value: i18n.T(ctx, e.Method)},
	}
}

// remotePage explains what it means to switch remote access off.
type remotePage struct {
	Off   bool
	Known bool // this browser is a known device: the way back
}

// safetyForm is what the holder chooses about sign-ins.
type safetyForm struct{ Strict, Block, Tell web.Field }

func newSafetyForm(chosen Safety) safetyForm {
	f := safetyForm{Strict: box("strict", "account.safety_strict", "account.safety_strict_hint"),
		Block: box("block", "account.safety_block", "account.safety_block_hint"), Tell: box("tell", "account.safety_tell", "account.safety_tell_hint")}
	for field, on := range map[*web.Field]bool{&f.Strict: chosen.StrictIP, &f.Block: chosen.BlockRisky, &f.Tell: !chosen.QuietAttempts} {
		if on {
			field.Value = checked
		}
	}
	return f
}

func (f *safetyForm) all() []*web.Field { return []*web.Field{&f.Strict, &f.Block, &f.Tell} }

func (f *safetyForm) safety() Safety {
	return Safety{StrictIP: f.Strict.Value == checked, BlockRisky: f.Block.Value == checked, QuietAttempts: f.Tell.Value != checked}
}
