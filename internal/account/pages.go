package account

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"time"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
)

// checked is the value of a box that is ticked.
const checked = "on"

func box(name, label, hint string) web.Field {
	f := web.Field{Name: name, Label: i18n.K(label), Optional: true}
	if hint != "" {
		f.Hint = i18n.K(hint)
	}
	return f
}

// contactField asks for a phone number or an e-mail address.
func contactField() web.Field {
	return web.Field{Name: "login", Label: i18n.K("account.contact"), Missing: i18n.K("account.contact_missing"), Check: checkContact, Max: 254}
}

func passwordField(name, label string) web.Field {
	return web.Field{Name: name, Label: i18n.K(label), Missing: i18n.K("account.password_missing"), Secret: true, Max: PasswordMax}
}

func newPasswordField(name, label string) web.Field {
	f := passwordField(name, label)
	f.Hint = i18n.K("account.password_hint")
	return f
}

// notice is a sentence above a form.
type notice struct {
	tone ui.Tone
	text i18n.Text
}

// codeForm is the page that asks for a code.
type codeForm struct {
	Code   web.Field
	Step   Step
	Title  string // message key
	Back   string // path
	Path   string // of the page itself
	Wait   int    // seconds until a new code may be asked for
	Notice notice
}

func newCodeForm(step Step, title, back, path string) codeForm {
	return codeForm{Step: step, Title: title, Back: back, Path: path,
		Code: web.Field{Name: "code", Label: i18n.K("account.code"), Missing: i18n.K("account.code_missing"), Max: 20}}
}

// sent says where the code went and for how long it works.
func (f *codeForm) sent(ctx context.Context) i18n.Text {
	minutes := int(f.Step.Life / time.Minute)
	if f.Step.Kind == flowRecover || f.Step.Kind == flowUnlock {
		return i18n.K("account.code_sent_maybe", "n", minutes)
	}
	if f.Step.To.Kind == Email {
		return i18n.K("account.code_sent_email", "to", i18n.MaskEmail(f.Step.To.Value), "n", minutes)
	}
	return i18n.K("account.code_sent_phone", "to", i18n.MaskPhone(f.Step.To.Value), "n", minutes)
}

type phoneForm struct {
	Phone  web.Field
	Ways   []WayIn // to register otherwise
	Notice notice
}

func newPhoneForm(ways []WayIn) phoneForm {
	return phoneForm{Ways: ways, Phone: web.Field{Name: "phone", Label: i18n.K("account.phone"), Hint: i18n.K("account.phone_hint"), Missing: i18n.K("account.phone_missing"), Check: checkPhone, Max: 40}}
}

type registerForm struct {
	Login                                                                 Login // confirmed, told above the form
	Surname, Name, Patronymic, Email, Password, Repeat, Consent, Consent2 web.Field
	Rules                                                                 []Rule
	Notice                                                                notice
}

func newRegisterForm(step Step, rules Rules) registerForm {
	f := registerForm{Login: step.To, Rules: rules.List(),
		Surname:    web.Field{Name: "surname", Label: i18n.K("account.surname"), Missing: i18n.K("account.surname_missing"), Check: CheckName, Max: 100, Value: step.Name.Surname},
		Name:       web.Field{Name: "name", Label: i18n.K("account.name"), Missing: i18n.K("account.name_missing"), Check: CheckName, Max: 100, Value: step.Name.Name},
		Patronymic: web.Field{Name: "patronymic", Label: i18n.K("account.patronymic"), Hint: i18n.K("account.patronymic_hint"), Optional: true, Check: CheckName, Max: 100, Value: step.Name.Patronymic},
		Email:      web.Field{Name: "email", Label: i18n.K("account.email"), Hint: i18n.K("account.email_hint"), Optional: true, Check: checkEmail, Max: 254, Value: step.Email},
		Password:   newPasswordField("password", "account.password_new"),
		Repeat:     passwordField("repeat", "account.password_repeat"),
		Consent:    web.Field{Name: "consent", Label: i18n.K("account.consent_data"), Missing: i18n.K("account.consent_missing")},
		Consent2:   box("consent_signature", "account.consent_signature", "")}
	for _, c := range step.Consents {
		if c == ConsentData {
			f.Consent.Value = checked
		}
		if c == ConsentSignature {
			f.Consent2.Value = checked
		}
	}
	return f
}

func (f *registerForm) all() []*web.Field {
	if f.Login.Kind == Email {
		return []*web.Field{&f.Surname, &f.Name, &f.Patronymic, &f.Password, &f.Repeat, &f.Consent, &f.Consent2}
	}
	return []*web.Field{&f.Surname, &f.Name, &f.Patronymic, &f.Email, &f.Password, &f.Repeat, &f.Consent, &f.Consent2}
}

// known says which contact is confirmed already.
func (f *registerForm) known() i18n.Text {
	if f.Login.Kind == Email {
		return i18n.K("account.register_email_ok", "to", f.Login.Value)
	}
	return i18n.K("account.register_phone_ok", "phone", i18n.Phone(f.Login.Value))
}

func (f *registerForm) registration() Registration {
	r := Registration{Name: Name{f.Surname.Value, f.Name.Value, f.Patronymic.Value}, Password: f.Password.Value}
	if address, ok := ParseEmail(f.Email.Value); ok {
		r.Email = address
	}
	if f.Consent.Value == checked {
		r.Consents = append(r.Consents, ConsentData)
	}
	if f.Consent2.Value == checked {
		r.Consents = append(r.Consents, ConsentSignature)
	}
	return r
}

// judge writes beside the fields what is wrong with a new password.
func judge(password, repeat *web.Field, rules Rules, context ...string) bool {
	if password.Error.IsZero() {
		if broken := rules.Broken(password.Value, context...); len(broken) > 0 {
			password.Error = i18n.K("account.password_broken", "rule", broken[0].Text)
			switch broken[0].ID {
			case "common", "leaked":
				password.Error = i18n.K("account.password_" + broken[0].ID)
			}
		}
	}
	if repeat.Error.IsZero() && password.Value != repeat.Value {
		repeat.Error = i18n.K("account.password_differs")
	}
	return password.Error.IsZero() && repeat.Error.IsZero()
}

type newPasswordForm struct {
	Current, Password, Repeat web.Field // Current only when it is changed by somebody signed in
	Rules                     Rules
	Login                     string // for password managers
	Reminds, MayRemind        bool   // of the age of the password
	Notice                    notice
}

func newNewPasswordForm(rules Rules) newPasswordForm {
	return newPasswordForm{Current: passwordField("current", "account.password_current"), Rules: rules,
		Password: newPasswordField("password", "account.password_new"), Repeat: passwordField("repeat", "account.password_repeat")}
}

// uiRules are the rules that a script can tell while the person types; the
// others stand in the hint.
func uiRules(rules []Rule) (list []ui.Rule) {
	for _, r := range rules {
		if r.Least > 0 || r.Has != "" {
			list = append(list, ui.Rule{Text: r.Text, Least: r.Least, Has: r.Has})
		}
	}
	return list
}

// security is the page of the settings of safety.
type security struct {
	Account  Account
	Changed  time.Time // of the password; zero when there is none
	Ways     []WayIn   // of other features
	Phone    string
	Email    string
	Pending  string // address that waits for confirmation
	Sessions []Session
	Current  string // ID of this session
	Trusted  []KnownDevice
	Safety   Safety
	Here     KnownDevice // this browser; zero when it is not known
	Alien    bool        // this session is on a stranger's computer
	MayTrust bool        // this browser can become a trusted device
	Notice   notice
}

func names(all url.Values) []string { return slices.Sorted(maps.Keys(all)) }

// access is what the person signs in with.
func (s *security) access(ctx context.Context) []ui.Pair {
	phone := ""
	if s.Phone != "" {
		phone = i18n.Phone(s.Phone)
	}
	password := ui.Pair{Label: i18n.K("account.password"), Value: i18n.T(ctx, "account.password_none"), Edit: "/recover"}
	if !s.Changed.IsZero() {
		password.Value, password.Edit = i18n.T(ctx, "account.password_changed", "day", i18n.Date(ctx, s.Changed)), "/settings/password"
	}
	return []ui.Pair{
		{Label: i18n.K("account.number"), Value: s.Account.Number, Num: true},
		{Label: i18n.K("account.phone"), Value: phone, Num: true, Edit: contactsPath},
		{Label: i18n.K("account.email"), Value: s.Email, Edit: contactsPath},
		password,
	}
}

func (d Device) icon() string {
	switch d.Kind {
	case "phone", "tablet":
		return "smartphone"
	}
	return "laptop"
}
