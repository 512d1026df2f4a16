package account

import (
	"slices"

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
