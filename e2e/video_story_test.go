package e2e

import (
	"testing"
)

// standardPhone is that of a sample citizen whom the registers know.
const standardPhone = "+79000000002"

// Proves, S-31
func TestACitizenShowsThePassportToAnOperatorByVideo(t *testing.T) {
	t.Parallel()
	s := start(t)
	v, k := newVisitor(t, s), newVisitor(t, s)
	v.SignIn(standardPhone, demoPassword)
	k.SignIn(verifierPhone, demoPassword)
	citizen, operator := open(t, s.URL, View{Width: Phone}), open(t, s.URL, View{})
	citizen.be(v)
	operator.be(k)

	citizen.Open("/profile/identity")
	citizen.Follow("Видеозвонок с сотрудником")
	citizen.Axe()
	citizen.Follow("Встать в очередь")
	citizen.See("Вы в очереди")
	citizen.Axe()
	operator.Open("/desk/video")
	operator.Axe()
	operator.Follow("Ответить")

	for _, p := range []*Page{citizen, operator} {
		p.wait("the picture of the other one does not come", func() bool {
			return eval[bool](p, "(v => v.videoWidth > 0 && v.getVideoPlaybackQuality().totalVideoFrames > 5)(document.querySelector('[data-far]'))")
		})
		p.See("На связи")
	}
	operator.Axe()
	operator.Choose("Подтвердить личность")
	operator.Submit()
	operator.See("Без этой проверки подтвердить нельзя")
	for _, check := range []string{"check_alive", "check_face", "check_passport", "check_free"} {
		operator.Choose(check)
	}
	operator.Choose("Подтвердить личность")
	operator.Submit()
	operator.See("Никто не ждёт")
	citizen.See("Личность подтверждена")
	citizen.Open("/activity")
	citizen.See("Личность подтверждена в видеозвонке")
}
