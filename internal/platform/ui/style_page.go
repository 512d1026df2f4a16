package ui

import (
	"time"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/web"
)

// say returns a sample text of the style page.
func say(ru, en string) i18n.Text { return i18n.Words{RU: i18n.Glue(ru), EN: en}.Text() }

// stylePart is a section of the style page.
type stylePart struct {
	id    string
	title i18n.Text
}

var styleParts = []stylePart{
	{"buttons", say("Кнопки и ссылки", "Buttons and links")},
	{"fields", say("Поля", "Fields")},
	{"choices", say("Выбор", "Choices")},
	{"errors", say("Ошибки в форме", "Mistakes in a form")},
	{"files", say("Файлы", "Files")},
	{"messages", say("Сообщения", "Messages")},
	{"statuses", say("Статусы", "Statuses")},
	{"cards", say("Карточки", "Cards")},
	{"lists", say("Списки", "Lists")},
	{"steps", say("Шаги и история", "Steps and history")},
	{"tables", say("Таблицы", "Tables")},
	{"moving", say("Переходы и отборы", "Moving around and filtering")},
	{"search", say("Поиск", "Search")},
	{"states", say("Пусто и загрузка", "Empty and loading")},
	{"dialogs", say("Окна и подсказки", "Windows and notes")},
	{"icons", say("Значки", "Icons")},
}

// sample returns a field of the style page.
func sample(name string, label i18n.Text, value string) *web.Field {
	return &web.Field{Name: name, Label: label, Value: value}
}

func hinted(f *web.Field, hint i18n.Text) *web.Field { f.Hint = hint; return f }

func wrong(f *web.Field, text i18n.Text) *web.Field { f.Error = text; return f }

func optional(f *web.Field) *web.Field { f.Optional = true; return f }

var (
	renamed = []Option{
		{Value: "no", Text: say("Нет", "No")},
		{Value: "yes", Text: say("Да", "Yes"), Hint: say("Попросим приложить свидетельство", "We will ask for the certificate")},
	}
	confirmations = []Option{
		{Value: "code", Text: say("Код из SMS", "Code by SMS"), Hint: say("Код действует 5 минут", "The code is good for 5 minutes"), Icon: "smartphone"},
		{Value: "signature", Text: say("Электронная подпись", "Electronic signature"), Hint: say("Ключ остаётся у вас", "The key stays with you"), Icon: "signature"},
	}
	checks = []Option{
		{Value: "ok", Text: say("Верно", "Right"), Icon: "check"},
		{Value: "fix", Text: say("Исправить", "Correct"), Icon: "pencil"},
	}
	queueColumns = []Column{
		{Title: say("Заявка", "Application")},
		{Title: say("Поступила", "Received"), Num: true},
		{Title: say("Статус", "Status")},
		{Title: say("Пошлина", "Fee"), Right: true, Num: true},
	}
	passwordRules = []Rule{
		{Text: say("Не меньше 10 знаков", "At least 10 characters"), Least: 10},
		{Text: say("Есть цифра", "Has a digit"), Has: "[0-9]"},
		{Text: say("Есть строчная и прописная буквы", "Has a small and a capital letter"), Has: "(?=.*\\p{Ll})(?=.*\\p{Lu})"},
	}
	statusSamples = []Tag{
		{say("Черновик", "Draft"), Neutral, "pencil"},
		{say("Принято", "Received"), Info, "inbox"},
		{say("На проверке", "Being checked"), Info, "search"},
		{say("В работе", "In progress"), Info, "clock"},
		{say("Требуется уточнение", "More is needed"), Warning, "alert"},
		{say("Одобрено", "Approved"), Success, "ok"},
		{say("Отклонено", "Refused"), Danger, "bad"},
		{say("Отозвано", "Withdrawn"), Neutral, "undo"},
		{say("Истекает через 24 дня", "Expires in 24 days"), Danger, "alarm-clock"},
		{say("Ждём ответа", "Waiting for an answer"), Warning, "hourglass"},
	}
	sampleDay = time.Date(2026, time.November, 19, 8, 5, 0, 0, time.UTC)
)
