"""Draw into `docs/payments.md` what is made of the code: `make docs`."""

from tests.docs.drawing import PAGE, drawn

if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text()))
