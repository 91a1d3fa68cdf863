//! 转账, 红包 and other payments.

use hutong_model::{Part, Payment, PaymentKind, PaymentState};

use crate::wechat::decode::{Element, amount_and_currency};

use super::{Body, account};

/// An appmsg of type 2000 to 2003.
pub(super) fn payment(app: Element<'_>, code: i64) -> Body {
    let info = app.child("wcpayinfo").unwrap_or(app);
    let kind = match code {
        2000 => PaymentKind::Transfer,
        2001 => PaymentKind::RedPacket,
        _ => PaymentKind::Other,
    };
    let words = info.text_of("feedesc").or_else(|| {
        app.text_of("des")
            .filter(|words| code == 2000 && words.contains('元'))
    });
    let (amount, currency) = words.as_deref().map_or((None, None), amount_and_currency);
    let note = if kind == PaymentKind::Transfer {
        info.text_of("pay_memo")
    } else {
        info.text_of_any(&["sendertitle", "receivertitle", "scenetext"])
            .or_else(|| app.text_of_any(&["title", "des"]))
    };
    let usernames = ["payer_username", "receiver_username"].map(|name| info.text_of(name));
    let [payer, receiver] = usernames
        .clone()
        .map(|username| username.as_deref().map(account));
    let part = Part::Payment(Box::new(Payment {
        kind,
        amount,
        currency,
        state: state(info.number_of("paysubtype")),
        note,
        native_id: info
            .text_of_any(&["transferid", "transcationid", "transactionid", "paymsgid"])
            .or_else(|| sender_id(info)),
        payer,
        receiver,
    }));
    let people = usernames
        .into_iter()
        .flatten()
        .map(|username| (username, None))
        .collect();
    Body {
        people,
        ..Body::of(part)
    }
}

fn state(sub_type: Option<i64>) -> PaymentState {
    match sub_type {
        Some(1 | 7 | 8) => PaymentState::Sent,
        Some(3 | 5) => PaymentState::Received,
        Some(4 | 9) => PaymentState::Refunded,
        Some(10) => PaymentState::Expired,
        _ => PaymentState::Unknown,
    }
}

/// `sendid` in the address of a red packet.
fn sender_id(info: Element<'_>) -> Option<String> {
    let address = info.text_of("nativeurl")?;
    let (_, tail) = address.split_once("sendid=")?;
    tail.split('&')
        .next()
        .filter(|id| !id.is_empty())
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wechat::map::tests::body_of;

    fn parsed(inner: &str) -> Payment {
        let content = format!(
            "<msg><appmsg><title>微信转账</title><des>收到转账0.02元。</des>{inner}</appmsg></msg>"
        );
        match body_of(49, &content).parts.pop() {
            Some(Part::Payment(payment)) => *payment,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_transfer_says_how_far_it_has_gone() {
        let payment = parsed(
            "<type>2000</type><wcpayinfo><paysubtype>1</paysubtype><feedesc><![CDATA[￥0.01]]></feedesc><transferid>t1</transferid><pay_memo>饭钱</pay_memo><payer_username>a</payer_username><receiver_username>b</receiver_username></wcpayinfo>",
        );
        assert_eq!(
            (payment.amount.as_deref(), payment.currency.as_deref()),
            (Some("0.01"), Some("CNY"))
        );
        assert_eq!(
            (payment.state, payment.note.as_deref()),
            (PaymentState::Sent, Some("饭钱"))
        );
        assert_eq!(
            (payment.payer, payment.receiver),
            (Some(account("a")), Some(account("b")))
        );
        let states = [3, 4, 5, 7, 9, 10, 11].map(|code| {
            parsed(&format!(
                "<type>2000</type><wcpayinfo><paysubtype>{code}</paysubtype></wcpayinfo>"
            ))
            .state
        });
        use PaymentState::{Expired, Received, Refunded, Sent, Unknown};
        assert_eq!(
            states,
            [
                Received, Refunded, Received, Sent, Refunded, Expired, Unknown
            ]
        );
    }

    #[test]
    fn a_red_packet_keeps_its_wish_and_no_null() {
        let payment = parsed(
            "<type>2001</type><wcpayinfo><sendertitle>(null)</sendertitle><receivertitle>恭喜发财</receivertitle><nativeurl>wxpay://c?sendid=77&amp;x=1</nativeurl></wcpayinfo>",
        );
        assert_eq!(
            (payment.kind, payment.note.as_deref()),
            (PaymentKind::RedPacket, Some("恭喜发财"))
        );
        assert_eq!(payment.native_id.as_deref(), Some("77"));
    }
}
