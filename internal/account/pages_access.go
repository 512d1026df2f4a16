package account

import (
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/web"
)

type registerEmailForm struct {
	Email  web.Field
	Notice notice
}

func newRegisterEmailForm() registerEmailForm {
	return registerEmailForm{Email: web.Field{Name: "email", Label: i18n.K("account.email"), Hint: i18n.K("account.register_email_hint"), Missing: i18n.K("account.email_missing"), Check: checkEmail, Max: 254}}
}

// letterPage says that a letter was sent.
type letterPage struct {
	To     string // as typed by the person: the page says the same to all
	Path   string
	Wait   int // seconds until another may be asked for
	Notice notice
}
