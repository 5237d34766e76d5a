/* Entering and coming back to functions where native profilers are to see frames (shown.h). */
#include "handler.h"
#include "shown.h"

H(H_show_frame)
{
	shown_enter(x->shown, sp, pc[2]);
	NEXT(3);
}

H(H_show_return)
{
	shown_return(x->shown, sp);
	NEXT(2);
}
