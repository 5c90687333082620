import SERAudio
import SERCore
